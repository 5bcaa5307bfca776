import type { Json, RecordedAnswer } from '../../conformance/cases.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import type { NovaRequest } from '../requests/nova.js';
import type { RandomServer } from '../nova/rows.js';
import { REQUEST_ID_PLACEHOLDER } from './comparable-answers.js';

/**
 * A request with two responses. `expected` is the response of Nova 26.2, after changes for the known differences so
 * far. `received` is the response of the service.
 */
export interface Exchange {
  readonly request: NovaRequest;
  /** The server that the path names; undefined if it names no existing server. */
  readonly server: RandomServer | undefined;
  readonly expected: RecordedAnswer;
  readonly received: ReceivedAnswer;
  /** Sends another request to Nova 26.2. @returns the response */
  readonly send: (request: NovaRequest) => Promise<RecordedAnswer>;
}

/** The expected response in place of Nova's; undefined if the difference does not apply. */
export type Replacement = RecordedAnswer | undefined | Promise<RecordedAnswer | undefined>;

/** A known difference between the responses of Nova 26.2 and of the service. */
export interface KnownDifference {
  readonly name: string;
  readonly reason: string;
  /** Returns the response that the service should send; undefined if the difference does not apply to this request. */
  readonly replacement: (exchange: Exchange) => Replacement;
}

type Fault = Readonly<Record<string, { code: number; message: string }>>;

/** Returns the message of an error in Nova's format; undefined if the body is not such an error. */
export function faultMessage({ body }: RecordedAnswer): string | undefined {
  const faults = typeof body === 'object' && body !== null ? Object.values(body as Fault) : [];
  return faults.length === 1 && typeof faults[0]?.message === 'string' ? faults[0].message : undefined;
}

/** Replaces a text in the message of an error. @returns undefined if the message does not contain the text */
export function withMessage(answer: RecordedAnswer, from: string, to: string): RecordedAnswer | undefined {
  const message = faultMessage(answer);
  if (message === undefined || !message.includes(from)) return undefined;
  const [[kind, fault] = ['', undefined]] = Object.entries(answer.body as Fault);
  return { ...answer, body: { [kind]: { ...fault, message: message.replace(from, to) } } as Json };
}

/** Returns an error in Nova's format with the headers of the given response. */
export function withFault(
  answer: RecordedAnswer,
  status: number,
  kind: string,
  message: string,
): RecordedAnswer {
  return {
    status,
    headers: { ...answer.headers, 'content-type': 'application/json; charset=UTF-8' },
    body: { [kind]: { code: status, message } },
  };
}

/** Returns the requested microversion if Nova 26 does not support it but Nova 33 does; otherwise undefined. */
function newerVersion({ headers }: NovaRequest): string | undefined {
  const requested =
    headers['OpenStack-API-Version'] ?? `compute ${headers['X-OpenStack-Nova-API-Version'] ?? ''}`;
  const [, version] = /^compute (latest|2\.(?:9[4-9]|10[0-3]))\s*$/.exec(requested) ?? [];
  return version?.replace('latest', '2.103');
}

function atVersion(request: NovaRequest, version: string): NovaRequest {
  const others = Object.entries(request.headers).filter(([name]) => !name.endsWith('API-Version'));
  return {
    ...request,
    headers: { ...Object.fromEntries(others), 'OpenStack-API-Version': `compute ${version}` },
  };
}

const queryOf = ({ path }: NovaRequest): string => (path.includes('?') ? path.replace(/^[^?]*\?/, '') : '');
const isAudit = ({ path }: NovaRequest): boolean => path.includes('/os-instance_usage_audit_log');
/** Returns true for the routes that ignored the query string before microversion 2.102. */
const isShow = (request: NovaRequest): boolean =>
  isAudit(request) || /\/os(-|%2D)instance-actions\/[^/?]+/.test(request.path);

/**
 * Returns true if Nova has accepted the query string. This is certain if the response depends on data, because Nova
 * checks the query string before it reads data.
 */
function isPastTheQuery(request: NovaRequest, answer: RecordedAnswer): boolean {
  const { method } = request;
  const found = answer.status === 200 || answer.status === 300;
  const message = faultMessage(answer) ?? '';
  if (isAudit(request) && message.startsWith('Invalid timestamp ')) return true;
  // The handler of the route raises this error. Nova calls the handler only after it has accepted the query string.
  if (isShow(request) && message.startsWith('Unexpected API ')) return true;
  return (found && method !== 'OPTIONS') || /^(Instance |Action |Policy doesn't )/.test(message);
}

function isUtf8(text: string): boolean {
  try {
    decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

/** Sends a request to Nova 26.2. @returns the response that Nova 33 would send, according to RELEASE_DIFFERENCES */
export async function expectedAnswer(request: NovaRequest, exchange: Exchange): Promise<RecordedAnswer> {
  const expected = await exchange.send(request);
  return (await applyDifferences({ ...exchange, request, expected }, RELEASE_DIFFERENCES)).expected;
}

/**
 * Applies known differences in the given order.
 *
 * @returns the expected response, and the names of the differences that applied
 */
export async function applyDifferences(
  exchange: Exchange,
  differences: readonly KnownDifference[],
): Promise<{ expected: RecordedAnswer; applied: readonly string[] }> {
  let { expected } = exchange;
  const applied: string[] = [];
  for (const difference of differences) {
    const instead = await difference.replacement({ ...exchange, expected });
    if (instead === undefined) continue;
    expected = instead;
    applied.push(difference.name);
  }
  return { expected, applied };
}

/**
 * The differences between Nova 26.2 and Nova 33.0 (2026.1). The service behaves as Nova 33.0. The differences apply in
 * this order.
 */
export const RELEASE_DIFFERENCES: readonly KnownDifference[] = [
  {
    name: 'paths that are not UTF-8',
    reason: "Debian's WebOb 1.8.6 fails on them, and nova-api closes the connection without a response",
    replacement: async (exchange: Exchange): Promise<RecordedAnswer | undefined> => {
      const { request, expected } = exchange;
      if (expected.status !== 0 || !request.path.includes('%ff%fe')) return undefined;
      const path = request.path.replace('%ff%fe', 'req-none');
      const answer = await expectedAnswer({ ...request, path }, exchange);
      return JSON.parse(JSON.stringify(answer).replaceAll('req-none', '\u00ff\u00fe')) as RecordedAnswer;
    },
  },
  {
    name: 'semicolons',
    reason: "Debian's WebOb 1.8.6 reads a semicolon in a query as an ampersand; later versions do not",
    replacement: (exchange: Exchange): Replacement => {
      const { request } = exchange;
      const query = queryOf(request);
      if (!query.includes(';')) return undefined;
      const path = request.path.replace(query, query.replaceAll(';', '%3B'));
      return expectedAnswer({ ...request, path }, exchange);
    },
  },
  {
    name: 'newer microversions',
    reason:
      'Nova 33 supports microversions up to 2.103; after 2.93 only the queries of the tested routes changed',
    replacement: async (exchange: Exchange): Promise<RecordedAnswer | undefined> => {
      const { request, expected } = exchange;
      const version = newerVersion(request);
      if (version === undefined) return undefined;
      const tooNew = `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.93.`;
      const isTooNew = faultMessage(expected) === tooNew;
      const answer = isTooNew ? await expectedAnswer(atVersion(request, '2.93'), exchange) : expected;
      if (answer.headers['openstack-api-version'] !== 'compute 2.93') return undefined;
      const headers = {
        'openstack-api-version': `compute ${version}`,
        'x-openstack-nova-api-version': version,
      };
      return { ...answer, headers: { ...answer.headers, ...headers } };
    },
  },
  {
    name: 'newest microversion',
    reason: 'the fault for an unsupported microversion names the newest one',
    replacement: ({ expected }) =>
      expected.status === 406 ? withMessage(expected, 'maximum is 2.93.', 'maximum is 2.103.') : undefined,
  },
  {
    name: 'queries of a show',
    reason: 'from 2.102 on, Nova rejects query parameters of the show routes',
    replacement: ({ request, expected }: Exchange): Replacement => {
      const query = new URLSearchParams(queryOf(request));
      const isStrict = ['compute 2.102', 'compute 2.103'].includes(
        expected.headers['openstack-api-version'] ?? '',
      );
      if (!isStrict || !isShow(request) || query.size === 0 || !isPastTheQuery(request, expected))
        return undefined;
      if (!isUtf8(queryOf(request))) return undefined;
      const names = [...new Set(query.keys())].sort().map((name) => `'${name}'`);
      const verb = names.length === 1 ? 'was' : 'were';
      const message = `Additional properties are not allowed (${names.join(', ')} ${verb} unexpected)`;
      return withFault(expected, 400, 'badRequest', message);
    },
  },
  {
    name: 'empty values',
    reason: 'a later jsonschema library has another message for an empty text or list',
    replacement: ({ expected }: Exchange): Replacement => {
      if (expected.status !== 400) return undefined;
      const messageFor = (empty: string): RecordedAnswer | undefined =>
        withMessage(expected, `${empty} is too short`, `${empty} should be non-empty`);
      return messageFor("''") ?? messageFor('[]');
    },
  },
  {
    name: 'version documents',
    reason: 'Nova 33 has a newer microversion, and v2.0 has been deprecated since July 2025',
    replacement: ({ expected }: Exchange): Replacement => {
      const text = JSON.stringify(expected.body);
      if (!/^\{"(versions?|choices)":/.test(text)) return undefined;
      const body = text
        .replaceAll('"status":"SUPPORTED"', '"status":"DEPRECATED"')
        .replaceAll('"updated":"2011-01-21T11:33:21Z"', '"updated":"2025-07-04T12:00:00Z"')
        .replaceAll('"version":"2.93"', '"version":"2.103"');
      return { ...expected, body: JSON.parse(body) as Json };
    },
  },
  {
    name: 'answers without a request id',
    reason:
      'Nova sends no request id with version documents and for OPTIONS; the service sends one with every answer',
    replacement: ({ request, expected }: Exchange): Replacement => {
      const isWithout = expected.headers['x-openstack-request-id'] === undefined;
      const hasNoneInNova = request.method === 'OPTIONS' || !/^\/+v2(\.1)?(\/|\?|$)/.test(request.path);
      if (!isWithout || !hasNoneInNova) return undefined;
      const ids = {
        'x-openstack-request-id': REQUEST_ID_PLACEHOLDER,
        'x-compute-request-id': REQUEST_ID_PLACEHOLDER,
      };
      return { ...expected, headers: { ...expected.headers, ...ids } };
    },
  },
  {
    name: 'queries that are not UTF-8',
    reason: 'later releases decode every query, also of routes that ignore it',
    replacement: ({ request, expected }: Exchange): Replacement => {
      if (isUtf8(queryOf(request)) || !isPastTheQuery(request, expected)) return undefined;
      const fault = withFault(expected, 400, 'badRequest', 'Query string is not UTF-8 encoded');
      return request.method === 'HEAD' ? { ...fault, body: '' } : fault;
    },
  },
];
