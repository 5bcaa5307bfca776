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

/** The marker that the service makes of a request id which several actions share, percent-encoded. */
const OWN_MARKER = /(marker=[^&]*)~\d+(?=&|$)/;

/** Times that a zone moves out of the calendar, and those that they count as; percent-encoded. */
const EDGES = [
  ['0001-01-01T00:00:00%2B01:00', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59Z'],
] as const;

function inLink(time: string): string {
  return encodeURIComponent(decodeURIComponent(time));
}

/** Where the service is otherwise on purpose: docs/differences.md. Applied in this order, after the releases. */
export const DELIBERATE_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'times beyond the calendar',
    reason:
      'Nova fails where a zone moves a time out of the years that it knows; here they count as the edge',
    replacement: async (exchange: Exchange): Promise<RecordedAnswer | undefined> => {
      const { request, expected } = exchange;
      if (expected.status !== 500 || !faultMessage(expected)?.endsWith("\n<class 'OverflowError'>"))
        return undefined;
      const within = EDGES.reduce((path, [beyond, edge]) => path.replaceAll(beyond, edge), request.path);
      const answer = JSON.stringify(await expectedAnswer({ ...request, path: within }, exchange));
      // A link repeats the query.
      const given = EDGES.reduce(
        (text, [beyond, edge]) => text.replaceAll(inLink(edge), inLink(beyond)),
        answer,
      );
      return JSON.parse(given) as RecordedAnswer;
    },
  },
  {
    name: 'links to a shared request id',
    reason: "Nova's lead back to the same page, for ever",
    replacement: ({ expected, received }: Exchange): Replacement => {
      const [theirs, ours] = [linkOf(expected.body), linkOf(toRecordedAnswer(received).body)];
      if (theirs === undefined || ours === undefined || ours === theirs) return undefined;
      if (ours.replace(OWN_MARKER, '$1') !== theirs) return undefined;
      return { ...expected, body: { ...(expected.body as object), links: [{ rel: 'next', href: ours }] } };
    },
  },
  {
    name: 'markers of a shared request id',
    reason: 'are the ones of those links, which Nova does not know',
    replacement: ({ request, expected, received }: Exchange): Replacement => {
      const isUnknown = faultMessage(expected) === 'Marker None could not be found.';
      const isOwn = isUnknown && OWN_MARKER.test(request.path);
      return isOwn && received.status === 200 ? toRecordedAnswer(received) : undefined;
    },
  },
  {
    name: 'hosts of a server without a project',
    reason: 'Nova fails to make their ids',
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
    name: "names of servers of others' projects",
    reason:
      'Nova writes their UUIDs in lower case and so says that they exist; here they stand as they were asked for',
    replacement: ({ request, server, expected, received }: Exchange): Replacement => {
      if (server === undefined || !isOfOthers(request, server)) return undefined;
      const [, id = ''] = /\/servers\/([^/?]*)/.exec(request.path) ?? [];
      const asAsked = `Instance ${decodeURIComponent(id)} could not be found.`;
      if (faultMessage(toRecordedAnswer(received)) !== asAsked) return undefined;
      return withMessage(
        expected,
        `Instance ${server.uuid} could`,
        asAsked.slice(0, -' not be found.'.length),
      );
    },
  },
  {
    name: "servers that are being built in others' projects",
    reason: 'Nova says that they are there; the service says of no server of others that it is',
    replacement: ({ request, server, expected }: Exchange): Replacement => {
      if (server?.kind !== 'building' || !isOfOthers(request, server)) return undefined;
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

/** Whether the caller is known and may only know of servers of another project. */
function isOfOthers({ persona }: NovaRequest, { projectId }: RandomServer): boolean {
  const caller = personas[persona ?? ''];
  return caller !== undefined && caller.project_id !== projectId && !caller.roles.includes('admin');
}

function linkOf(body: Json): string | undefined {
  const { links } = (typeof body === 'object' ? (body ?? {}) : {}) as { links?: Links };
  return links?.length === 1 ? links[0]?.href : undefined;
}

/** An action of 2.61 with what the service says of its events' hosts: all else has to be Nova's. */
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
