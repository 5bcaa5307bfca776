import { isUtf8 } from 'node:buffer';
import { internalsIn, problemsOfAccess } from './disclosure.js';
import { isObject, isOperations, isOwnPage, parse } from './reading.js';
import type { SentRequest, ReceivedResponse } from './wire.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const REQUEST_ID = new RegExp(`^req-${UUID}$`);

/** The statuses that there are: what Nova answers, and what files may be answered with. */
const STATUSES = [200, 300, 400, 401, 403, 404, 406, 415];
const STATUSES_OF_FILES = [206, 304, 412, 416];

/** The longest address that is read, as far as the settings say nothing else. */
const LONGEST_TARGET = 8192;

/** Everything that is wrong with an answer, whatever it answers. */
export function* problemsOf(one: SentRequest, received: ReceivedResponse): Generator<string> {
  const { status, headers } = received;
  const id = headers['x-openstack-request-id'];
  if (typeof id !== 'string' || !REQUEST_ID.test(id)) yield `no request id but ${String(id)}`;
  if (headers['x-compute-request-id'] !== id) yield 'two request ids';
  if (isOperations(one) && (status === 200 || status === 204)) {
    yield* problemsOfOperations(one, received);
    return;
  }
  const isFile = isOwnPage(one);
  if (one.target.length > LONGEST_TARGET) {
    // Whether the request names one host counts first.
    const isAmbiguous = status === 400 && (one.method === 'HEAD' || received.text.includes('Host header'));
    if (!isAmbiguous && status !== (one.method === 'OPTIONS' ? 200 : 414))
      yield `the status ${status} for a long address`;
  } else if (!STATUSES.includes(status) && !(isFile && STATUSES_OF_FILES.includes(status))) {
    yield `the status ${status}`;
  }
  const version = headers['openstack-api-version'];
  if (version !== undefined && !/^compute [1-9]\d*\.\d+$/.test(String(version))) {
    yield `the version ${String(version)}`;
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
    if (!received.text.includes('The resource could not be found.')) yield 'another text';
  } else if (!isFile) {
    yield `a body of the type '${type}'`;
  }
  const told = isFile && status < 300 && !type.includes('json') ? '' : received.text;
  yield* internalsIn(told + JSON.stringify(headers), textOf(one));
  yield* problemsOfAccess(one, received);
}

/** What operators' programs read tells of the service on purpose, but nothing of its place nor of its code. */
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
    if (parse(text) === undefined) yield 'a body that is no JSON';
  } else if (!/^text\/(plain|html); charset=UTF-8$/.test(type) || !text.includes('OK')) {
    yield `a body of the type '${type}'`;
  }
  if (status === 204 && one.method !== 'HEAD') yield 'no body';
  if (text.includes(process.cwd()) || /\bat \S+:\d+:\d+/.test(text)) yield 'it tells of its code';
}

/** The names of Nova's faults; any other status is a `computeFault`. */
const FAULTS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  415: 'badMediaType',
};

/** The bodies that there are, by the names in them, and none besides. */
const BODIES: Readonly<Record<number, readonly string[]>> = {
  200: ['version', 'versions', 'instanceAction', 'instanceActions', 'instanceActions,links'],
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
    yield 'a body that is no JSON';
  } else if (status === 401) {
    if (text !== JSON.stringify(UNAUTHORIZED)) yield 'not Keystone’s body';
    if (!/^Keystone uri=".*\/"$/.test(headers['www-authenticate'] ?? '')) yield 'no WWW-Authenticate';
  } else if (status < 400) {
    const names = Object.keys(json).join();
    if (!BODIES[status]?.includes(names) && !(isOwnPage(one) && 'openapi' in json)) {
      yield `a body of ${names}`;
    }
  } else if (text !== JSON.stringify(NO_ROUTE)) {
    const fault = json[FAULTS[status] ?? 'computeFault'];
    const { code, message, ...more } = isObject(fault) ? fault : {};
    const isFault = Object.keys(json).length === 1 && Object.keys(more).length === 0;
    if (!isFault || code !== status || typeof message !== 'string' || message === '') {
      yield 'no fault of Nova’s';
    }
  }
}

function textOf({ method: verb, target: address, headers, body: sent }: SentRequest): string {
  return [verb, address, ...headers.flat(), sent ?? ''].join('\n');
}
