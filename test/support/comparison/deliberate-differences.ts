import type { Json, RecordedAnswer } from '../../conformance/cases.js';
import { personas } from '../../conformance/cases.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import type { NovaRequest } from '../requests/nova.js';
import type { RandomServer } from '../nova/rows.js';
import { toRecordedAnswer } from './comparable-answers.js';
import {
  expectedAnswer,
  withFault,
  type Exchange,
  type Replacement,
  type KnownDifference,
  faultMessage,
  withMessage,
} from './release-differences.js';

type Action = { readonly events?: readonly Readonly<Record<string, Json>>[] };
type Links = readonly { readonly href: string }[];

/**
 * A value of `marker` that only the service uses: a request id, `~` and a number. It names the second or a later action
 * with the same request id.
 */
const OWN_MARKER = /(marker=[^&]*)~\d+(?=&|$)/;

/**
 * Times in UTC outside the years 1 to 9999, each with the time that the service uses instead. Both are percent-encoded.
 */
const OUT_OF_RANGE_TIMES = [
  ['0001-01-01T00:00:00%2B01:00', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59Z'],
] as const;

function inLink(time: string): string {
  return encodeURIComponent(decodeURIComponent(time));
}

/** The deliberate differences from Nova in docs/differences.md. They apply in this order, after RELEASE_DIFFERENCES. */
export const DELIBERATE_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'times beyond the calendar',
    reason:
      'Nova fails if a time is outside years 1 to 9999 in UTC; the service uses the first or last time of that range',
    replacement: async (exchange: Exchange): Promise<RecordedAnswer | undefined> => {
      const { request, expected } = exchange;
      if (expected.status !== 500 || !faultMessage(expected)?.endsWith("\n<class 'OverflowError'>"))
        return undefined;
      const replaced = OUT_OF_RANGE_TIMES.reduce(
        (path, [beyond, edge]) => path.replaceAll(beyond, edge),
        request.path,
      );
      const answer = JSON.stringify(await expectedAnswer({ ...request, path: replaced }, exchange));
      // The links in a response repeat the query of the request. So the expected links must contain the original time.
      const given = OUT_OF_RANGE_TIMES.reduce(
        (text, [beyond, edge]) => text.replaceAll(inLink(edge), inLink(beyond)),
        answer,
      );
      return JSON.parse(given) as RecordedAnswer;
    },
  },
  {
    name: 'links to a shared request id',
    reason: "Nova's link leads back to the same page, so that a client never reaches the end",
    replacement: ({ expected, received }: Exchange): Replacement => {
      const [theirs, ours] = [linkOf(expected.body), linkOf(toRecordedAnswer(received).body)];
      if (theirs === undefined || ours === undefined || ours === theirs) return undefined;
      if (ours.replace(OWN_MARKER, '$1') !== theirs) return undefined;
      return { ...expected, body: { ...(expected.body as object), links: [{ rel: 'next', href: ours }] } };
    },
  },
  {
    name: 'markers of a shared request id',
    reason: 'only the links of the service contain these markers; Nova rejects them as unknown',
    replacement: ({ request, expected, received }: Exchange): Replacement => {
      const isUnknown = faultMessage(expected) === 'Marker None could not be found.';
      const isOwn = isUnknown && OWN_MARKER.test(request.path);
      return isOwn && received.status === 200 ? toRecordedAnswer(received) : undefined;
    },
  },
  {
    name: 'hosts of a server without a project',
    reason: 'Nova fails when it computes hostId without a project',
    replacement: async ({
      request,
      server,
      expected,
      received,
      send,
    }: Exchange): Promise<RecordedAnswer | undefined> => {
      if (server?.kind !== 'unowned' || expected.status !== 500) return undefined;
      if (!faultMessage(expected)?.endsWith("\n<class 'TypeError'>")) return undefined;
      const headers = { 'OpenStack-API-Version': 'compute 2.61' };
      return withHosts(await send({ ...request, headers }), expected, received);
    },
  },
  {
    name: 'UUIDs of servers of other projects',
    reason:
      'Nova writes the UUID in lower case, which shows that the server exists; the service repeats it as requested',
    replacement: ({ request, server, expected, received }: Exchange): Replacement => {
      if (server === undefined || !isInOtherProject(request, server)) return undefined;
      const [, id = ''] = /\/servers\/([^/?]*)/.exec(request.path) ?? [];
      const asRequested = `Instance ${decodeURIComponent(id)} could not be found.`;
      if (faultMessage(toRecordedAnswer(received)) !== asRequested) return undefined;
      return withMessage(
        expected,
        `Instance ${server.uuid} could`,
        asRequested.slice(0, -' not be found.'.length),
      );
    },
  },
  {
    name: 'servers of other projects that are being built',
    reason: 'Nova returns 403, which shows that such a server exists; the service returns 404',
    replacement: ({ request, server, expected }: Exchange): Replacement => {
      if (server?.kind !== 'building' || !isInOtherProject(request, server)) return undefined;
      if (expected.status !== 403) return undefined;
      const [, id = ''] = /\/servers\/([^/?]*)/.exec(request.path) ?? [];
      return withFault(
        expected,
        404,
        'itemNotFound',
        `Instance ${decodeURIComponent(id)} could not be found.`,
      );
    },
  },
];

/**
 * Returns true if the caller has a valid token, but is neither a member of the server's project nor an administrator.
 */
function isInOtherProject({ persona }: NovaRequest, { projectId }: RandomServer): boolean {
  const caller = personas[persona ?? ''];
  return caller !== undefined && caller.project_id !== projectId && !caller.roles.includes('admin');
}

function linkOf(body: Json): string | undefined {
  const { links } = (typeof body === 'object' ? (body ?? {}) : {}) as { links?: Links };
  return links?.length === 1 ? links[0]?.href : undefined;
}

/**
 * Returns the expected response: Nova's response at microversion 2.61, with the hosts and details of events from the
 * service's response. At 2.61, Nova returns neither hosts nor details.
 */
function withHosts(
  before: RecordedAnswer,
  failed: RecordedAnswer,
  received: ReceivedAnswer,
): RecordedAnswer | undefined {
  const { body } = toRecordedAnswer(received);
  const shown = (body as { instanceAction?: Action }).instanceAction?.events;
  const known = (before.body as { instanceAction?: Action }).instanceAction;
  if (shown === undefined || known?.events === undefined || shown.length !== known.events.length)
    return undefined;
  const events = known.events.map((event, index) => {
    const { host, hostId, details } = shown[index] ?? {};
    const hosts = { ...(host !== undefined && { host }), ...(hostId !== undefined && { hostId }) };
    return { ...event, ...hosts, ...(details !== undefined && { details }) };
  });
  const headers = { ...failed.headers, 'content-type': 'application/json' };
  return { status: 200, headers, body: { instanceAction: { ...known, events } } as unknown as Json };
}
