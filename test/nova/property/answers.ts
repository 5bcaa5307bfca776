import { isUtf8 } from 'node:buffer';
import { internalsIn, problemsOfAccess } from './disclosure.js';
import { isObject, isOperations, isOwnPage, parse } from './reading.js';
import type { SentRequest, ReceivedResponse } from './wire.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const REQUEST_ID = new RegExp(`^req-${UUID}$`);

/** The statuses that Nova returns. `STATUSES_OF_FILES`: further statuses for the files of the documentation pages. */
const STATUSES = [200, 300, 400, 401, 403, 404, 406, 415];
const STATUSES_OF_FILES = [206, 304, 412, 416];

/** The maximum length of a request target that the service accepts by default, in characters. */
const MAX_TARGET_LENGTH = 8192;

/** Yields all problems of an answer: the properties that no answer may have, whatever the request is. */
export function* problemsOf(one: SentRequest, received: ReceivedResponse): Generator<string> {
  const { status, headers } = received;
  const id = headers['x-openstack-request-id'];
  if (typeof id !== 'string' || !REQUEST_ID.test(id)) yield `invalid request id: ${String(id)}`;
  if (headers['x-compute-request-id'] !== id) yield 'two different request ids';
  if (isOperations(one) && (status === 200 || status === 204)) {
    yield* problemsOfOperations(one, received);
    return;
  }
  const isFile = isOwnPage(one);
  if (one.target.length > MAX_TARGET_LENGTH) {
    // The service checks the `Host` header before the length of the target. So it returns 400 if both are invalid.
    const isAmbiguous = status === 400 && (one.method === 'HEAD' || received.text.includes('Host header'));
    if (!isAmbiguous && status !== (one.method === 'OPTIONS' ? 200 : 414))
      yield `the status ${status} for a target that is too long`;
  } else if (!STATUSES.includes(status) && !(isFile && STATUSES_OF_FILES.includes(status))) {
    yield `the status ${status}`;
  }
  const version = headers['openstack-api-version'];
  if (version !== undefined && !/^compute [1-9]\d*\.\d+$/.test(String(version))) {
    yield `invalid microversion header: ${String(version)}`;
  }
  const type = headers['content-type'] ?? '';
  if (received.body.length === 0) {
    const mayBeEmpty =
      one.method === 'HEAD' || status === 304 || (one.method === 'OPTIONS' && status === 200);
    if (!mayBeEmpty) yield 'no body';
  } else if (type.startsWith('application/json')) {
    yield* problemsOfJson(one, received);
  } else if (status === 404) {
    if (!/^text\/(plain|html); charset=UTF-8$/.test(type)) yield `a body of the type '${type}'`;
    if (!received.text.includes('The resource could not be found.')) yield 'a 404 without its usual text';
  } else if (!isFile) {
    yield `a body of the type '${type}'`;
  }
  const checked = isFile && status < 300 && !type.includes('json') ? '' : received.text;
  yield* internalsIn(checked + JSON.stringify(headers), textOf(one));
  yield* problemsOfAccess(one, received);
}

/**
 * Yields the problems of an answer from an operations endpoint (health checks and metrics). Such an answer may describe
 * the service, but may not contain file paths or code.
 */
function* problemsOfOperations(
  one: SentRequest,
  { status, headers, text }: ReceivedResponse,
): Generator<string> {
  const type = headers['content-type'] ?? '';
  const isEmpty = one.method === 'HEAD' || (one.method === 'OPTIONS' && text === '');
  if (isEmpty) {
    if (text !== '') yield 'a body';
  } else if (type.startsWith('text/plain; version=0.0.4')) {
    if (!text.startsWith('# HELP nova_action_log_')) yield 'no metrics';
  } else if (type === 'application/json') {
    if (parse(text) === undefined) yield 'a body that is not JSON';
  } else if (!/^text\/(plain|html); charset=UTF-8$/.test(type) || !text.includes('OK')) {
    yield `a body of the type '${type}'`;
  }
  if (status === 204 && one.method !== 'HEAD') yield 'no body';
  if (text.includes(process.cwd()) || /\bat \S+:\d+:\d+/.test(text)) yield 'it reveals paths or code';
}

/** The keys of Nova's fault bodies, by status. For any other status the key is `computeFault`. */
const FAULTS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  415: 'badMediaType',
};

/** The keys of the JSON bodies that are permitted for each status, joined with commas. */
const BODIES: Readonly<Record<number, readonly string[]>> = {
  200: ['version', 'versions', 'instanceAction', 'instanceActions', 'instanceActions,links', 'server'],
  300: ['choices'],
};

const UNAUTHORIZED = {
  error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' },
};

const NO_ROUTE = {
  message: 'The resource could not be found.<br /><br />\n\n\n',
  code: '404 Not Found',
  title: 'Not Found',
};

function* problemsOfJson(
  one: SentRequest,
  { status, headers, body, text }: ReceivedResponse,
): Generator<string> {
  const json = parse(text);
  if (json === undefined || !isUtf8(body)) {
    yield 'a body that is not JSON';
  } else if (status === 401) {
    if (text !== JSON.stringify(UNAUTHORIZED)) yield 'a body other than Keystone’s';
    if (!/^Keystone uri=".*\/"$/.test(headers['www-authenticate'] ?? '')) yield 'no WWW-Authenticate';
  } else if (status < 400) {
    const names = Object.keys(json).join();
    if (!BODIES[status]?.includes(names) && !(isOwnPage(one) && 'openapi' in json)) {
      yield `an unexpected body with the keys ${names}`;
    }
  } else if (text !== JSON.stringify(NO_ROUTE)) {
    const fault = json[FAULTS[status] ?? 'computeFault'];
    const { code, message, ...more } = isObject(fault) ? fault : {};
    const isFault = Object.keys(json).length === 1 && Object.keys(more).length === 0;
    if (!isFault || code !== status || typeof message !== 'string' || message === '') {
      yield 'not a fault in Nova’s format';
    }
  }
}

function textOf({ method: verb, target: address, headers, body: sent }: SentRequest): string {
  return [verb, address, ...headers.flat(), sent ?? ''].join('\n');
}
