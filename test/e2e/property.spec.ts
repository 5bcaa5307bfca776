import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, METHODS, request } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { buffer as readBuffer, text as readText } from 'node:stream/consumers';
import { loadFixture, type Persona, personas } from '../conformance/cases.js';
import { personaTokens, type RunningService, startService } from '../support/service.js';
import { createSqlite, fillStore, type TestStore } from '../support/stores.js';

/** A request as it goes over the wire. In all texts one character is one byte. */
interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** How often each kind of service is asked, all askers together. */
const REQUESTS = 10_400;
const ASKERS = 16;
const HANGS_AFTER = 15_000;
/** For all of one kind; half a minute where nothing else is going on. */
const PATIENCE = 180_000;

const { instances, instance_actions, instance_actions_events } = loadFixture();

// ---- what is asked -------------------------------------------------------------------------------------------

const SERVERS = [...new Set(instances.map(({ uuid }) => String(uuid)))];
const PROJECTS = [...new Set(Object.values(personas).map(({ project_id }) => project_id ?? 'None'))];
const ACTIONS = instance_actions.map(({ instance_uuid, request_id }) => ({
  server: String(instance_uuid),
  request: String(request_id),
}));

const ODD_TEXTS = [
  '',
  '.',
  '..',
  '*',
  '-1',
  'None',
  'null',
  'detail',
  '__proto__',
  'constructor',
  'toString',
  '~1',
  "' OR '1'='1",
  "'; DROP TABLE instances; --",
  '%s%n${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '\u0000',
  'a\nb\r\nc',
  'ünïcode ☃ 𝄞',
  '\ud800',
  '\u202e\ufeff',
  '1'.repeat(400),
];

const anyByte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
/** Beyond ASCII, a request target is percent-encoded or no HTTP. */
const targetByte = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const headerByte = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9))
  .map((code) => String.fromCharCode(code));

const noise = fc.string({ unit: targetByte, maxLength: 40 });
const headerNoise = fc.string({ unit: headerByte, maxLength: 40 });

function oneOf(...texts: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...texts);
}

/** Mostly the first, and one of the others once in a while. */
function mostly<T>(usual: fc.Arbitrary<T>, weight: number, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));
}

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function percent(text: string): string {
  return text.replace(/[^\w\-.~]/g, (byte) => percentByte(byte));
}

function percentByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** A text that a client meant to put into an address, brought there well or badly. */
function written(text: string): fc.Arbitrary<string> {
  const bytes = utf8(text);
  const plain = bytes.replace(/[^\x21-\x7e]|[?#]/g, (byte) => percentByte(byte));
  return mostly(
    fc.constant(percent(bytes)),
    8,
    fc.constant(plain),
    fc.constant([...bytes].map(percentByte).join('').slice(0, 6000)),
    fc.constant(percent(percent(bytes))),
    fc.constant(plain.toUpperCase()),
    fc.constant(`{${plain}}`),
    fc.constant(`urn:uuid:${plain.replaceAll('-', '')}`),
    oneOf('%00', '%0a', '%20', '+', '%', '%zz', '%2', '%ff', '%c3%28', '%2f', '%3f', '%5c', ';a=b', '~1').map(
      (end) => plain + end,
    ),
    fc.constant(plain.slice(0, -1)),
    fc
      .tuple(oneOf('a', '0', '%41', '%fe', '~', '%f0%9d%84%9e'), fc.integer({ min: 1, max: 8192 }))
      .map(([unit, length]) => plain + unit.repeat(length / unit.length)),
  );
}

const oddSegment = fc.oneof(noise, oneOf(...ODD_TEXTS).chain(written));
const separator = mostly(
  fc.constant('/'),
  60,
  oneOf('//', '///', '%2f', '/./', '/../', '/%2e%2e/', '\\', '/;/'),
);

function segment(text: string): fc.Arbitrary<string> {
  return mostly(fc.constant(text), 50, written(text), oddSegment);
}

/** A server and an action of it, or of another one, or of none. */
const pair = mostly(
  fc.constantFrom(...ACTIONS),
  10,
  fc.record({ server: oneOf(...SERVERS), request: oneOf(...ACTIONS.map(({ request }) => request)) }),
  fc.record({ server: fc.uuid(), request: fc.uuid().map((id) => `req-${id}`) }),
);

const root = mostly(
  oneOf('v2.1', 'v2.1', 'v2.1', 'v2'),
  20,
  oneOf('v2.0', 'v3', 'V2.1', 'v2.1.', 'v2%2e1', '%762.1', 'v21', '', 'compute/v2.1'),
);

const project = mostly(
  fc.constant(undefined),
  6,
  oneOf(...PROJECTS),
  oneOf('deadbeef', 'not-hex', '453265%20', 'DEADBEEF', '0').chain(segment),
);

const apiPath = fc
  .tuple(root, project, pair, fc.integer({ min: 0, max: 9 }))
  .chain(([mount, projectId, { server, request: requestId }, shape]) => {
    const list = ['servers', server, 'os-instance-actions'];
    const resource = [list, [...list, requestId], [...list, requestId], [...list, '']][shape % 4] ?? list;
    const whole = shape === 9 ? resource.slice(0, 2) : shape === 8 ? [...resource, 'more'] : resource;
    const texts = [...(projectId === undefined ? [] : [projectId]), ...whole];
    return fc.tuple(fc.constant(mount), ...texts.flatMap((text) => [separator, segment(text)]));
  })
  .map((parts) => `/${parts.join('')}`);

const otherPath = fc.oneof(
  oneOf(
    '/',
    '/v2',
    '/v2/',
    '/v2.1',
    '/v2.1/',
    '//',
    '/versions',
    '/v2.1/versions/v2.1',
    '/v2.1/versions/v2.0',
  ),
  oneOf(
    '/docs',
    '/docs/',
    '/docs/swagger-ui-init.js',
    '/docs/../package.json',
    '/docs/%2e%2e%2fpackage.json',
  ),
  oneOf('/openapi.json', '/docs-json', '/docs-yaml', '/favicon.ico', '/healthz', '/metrics', '/robots.txt'),
  oneOf(
    '/v2.1/servers',
    '/v2.1/servers/',
    '/v2.1/servers/detail',
    '/v2.1/os-instance-actions',
    '/v2.1/flavors',
  ),
  noise.map((text) => `/${text}`),
  fc.array(oddSegment, { maxLength: 6 }).map((segments) => `/v2.1/${segments.join('/')}`),
);

const time = fc.oneof(
  oneOf(
    '2026-01-13T08:00:12Z',
    '2013-07-12 21:45:44',
    '20260113T080012.5+0130',
    '2026',
    '2026-01',
    '0001-01-01',
  ),
  oneOf(
    '9999-12-31T23:59:59-23:59',
    '0001-01-01T00:00+23:59',
    '2026-02-30',
    '2026-13-01',
    '0000-01-01',
    'today',
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

const parameter = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('limit'),
      oneOf('0', '1', '2', '5', '1000', '1001', '-1', '01', '1.5', '٣', ''),
    ),
  },
  { weight: 3, arbitrary: fc.tuple(oneOf('changes-since', 'changes-before'), time) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constant('marker'),
      fc
        .tuple(pair, oneOf('', '', '~1', '~999999999', '~-1', ' '))
        .map(([{ request }, end]) => request + end),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      oneOf('limit', 'marker', 'changes-since', 'sort_key', ...ODD_TEXTS),
      oneOf(...ODD_TEXTS),
    ),
  },
);

const query = mostly(
  fc.constant(''),
  3,
  fc
    .array(
      mostly(
        parameter.chain(([name, value]) =>
          fc.tuple(fc.constant(percent(utf8(name))), written(value)).map((both) => both.join('=')),
        ),
        6,
        noise,
      ),
      { maxLength: 4 },
    )
    .chain((parameters) => oneOf('&', '&', '&', '&&', ';').map((join) => `?${parameters.join(join)}`)),
);

const target = mostly(
  fc
    .tuple(
      mostly(
        fc.constant(''),
        15,
        oneOf('http://nova.example.org', 'HTTPS://[::1]:8774', 'http://user@127.0.0.1:1'),
      ),
      mostly(apiPath, 3, otherPath),
      query,
    )
    .map((parts) => parts.join('')),
  40,
  oneOf('http://nova.example.org', 'http://nova.example.org?limit=1'),
);

type Header = readonly [name: string, value: string];

function header(names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Header> {
  return fc.tuple(oneOf(...names), value);
}

/** None of them, one, or once in a while two of the same name. */
function upToTwo(one: fc.Arbitrary<Header>, weightOfOne: number): fc.Arbitrary<Header[]> {
  return fc.oneof<fc.MaybeWeightedArbitrary<Header[]>[]>(
    { weight: weightOfOne, arbitrary: fc.tuple(one) },
    { weight: 3, arbitrary: fc.constant<Header[]>([]) },
    { weight: 1, arbitrary: fc.tuple(one, one) },
  );
}

const tokenHeader = header(
  ['X-Auth-Token', 'X-Auth-Token', 'x-auth-token', 'X-AUTH-TOKEN'],
  mostly(
    oneOf(...Object.values(personaTokens)),
    30,
    oneOf('', 'a-token-that-nobody-knows', 'Token-of-admin', 'token-of-', '__proto__', 'constructor'),
    oneOf(...Object.values(personaTokens)).map((token) => `  ${token}\t`),
    headerNoise,
  ),
);

const version = mostly(
  fc.oneof(
    fc.integer({ min: 1, max: 103 }).map((minor) => `2.${minor}`),
    oneOf('latest', '2.1', '2.50', '2.51', '2.58', '2.66', '2.84', '2.102', '2.103'),
  ),
  20,
  oneOf(
    '2.0',
    '2.104',
    '3.0',
    '1.1',
    '2',
    '2.01',
    '2.1.1',
    '-2.1',
    'LATEST',
    '',
    '2.-1',
    utf8('٢.١'),
    '2.5\xa0',
  ),
  fc.nat().map((minor) => `2.${minor}`),
  fc.constant(`2.${'9'.repeat(400)}`),
  headerNoise,
);

const versionHeader = fc.oneof(
  header(
    ['OpenStack-API-Version', 'openstack-api-version'],
    mostly(
      version.map((text) => `compute ${text}`),
      8,
      version,
      fc.tuple(version, version).map(([a, b]) => `volume ${a}, compute ${b}`),
      version.map((text) => ` COMPUTE \t ${text} `),
    ),
  ),
  header(['X-OpenStack-Nova-API-Version'], version),
);

const mediaType = fc.oneof(
  oneOf(
    'application/json',
    'text/html',
    'text/plain',
    '*/*',
    'text/*',
    'application/*;q=0.5, text/html;q=0.9',
  ),
  oneOf(
    'application/json; charset=utf-8',
    'application/vnd.openstack.compute+json',
    'application/xml',
    'image/png',
  ),
  oneOf('', ';', '/', 'application', 'text/html;q=', 'text/html;q=NaN, application/json;q=-1', 'a/b/c', ','),
  headerNoise,
);

const furtherHeader = fc.oneof(
  header(['X-Forwarded-For', 'Forwarded'], oneOf('10.0.0.1', '::1, 127.0.0.1', 'for=_x', '', utf8('☃'))),
  header(['X-Forwarded-Proto'], oneOf('https', 'http', 'gopher', 'https, http', '"', '')),
  header(['X-Forwarded-Host'], oneOf('a.example.org', 'a.example.org:443, b', '', '/', '"><b>', '\xfc')),
  header(['Connection'], oneOf('close', 'keep-alive', 'Upgrade', 'X-Auth-Token')),
  header(['Upgrade'], oneOf('websocket', 'h2c')),
  header(['Expect'], fc.constant('100-continue')),
  header(['Range', 'If-Range'], oneOf('bytes=0-10', 'bytes=-1', 'bytes=9-1', 'items=0', '"x"')),
  header(
    ['If-None-Match', 'If-Match', 'If-Modified-Since'],
    oneOf('*', '"x"', 'Mon, 23 Nov 2026 13:13:13 GMT', 'x'),
  ),
  header(
    ['Accept-Encoding', 'Accept-Language', 'Accept-Charset', 'Accept-Version', 'TE'],
    oneOf('gzip', '*', '1.x'),
  ),
  header(
    ['X-HTTP-Method-Override', 'X-OpenStack-Request-ID', 'Origin', 'Cookie', 'X-Roles', 'X-Project-Id'],
    headerNoise,
  ),
  fc.tuple(fc.stringMatching(/^X-[A-Za-z0-9!#$&'*+.^_`|~-]{1,20}$/), headerNoise),
);

const host = (port: string): fc.Arbitrary<string> =>
  mostly(
    fc.constant(`127.0.0.1:${port}`),
    10,
    oneOf(
      'nova.example.org',
      'nova.example.org:80',
      '[::1]:8774',
      'localhost:99999',
      '',
      ':',
      '"><b>',
      '\xfc/../',
    ),
  );

const method = mostly(
  fc.constant('GET'),
  15,
  oneOf('HEAD', 'POST', 'OPTIONS'),
  // CONNECT is not about a resource of the server's, and is among what Node answers itself.
  oneOf(...METHODS.filter((name) => name !== 'CONNECT')),
);

const body = fc.oneof(
  oneOf('', '{}', '{"limit": 1}', '[', '{"__proto__": {}}', 'a=b', 'x'.repeat(70_000)),
  fc.string({ unit: anyByte, maxLength: 60 }),
);

function anyRequest(port: string): fc.Arbitrary<Asked> {
  const resource = fc.record({
    method,
    target,
    headers: fc
      .tuple(
        fc.tuple(header(['Host'], host(port))),
        upToTwo(tokenHeader, 40),
        upToTwo(versionHeader, 8),
        upToTwo(header(['Accept'], mediaType), 2),
        mostly(fc.constant<Header[]>([]), 10, fc.tuple(header(['Content-Type'], mediaType))),
        fc.array(furtherHeader, { maxLength: 2 }),
      )
      .map((groups) => groups.flat()),
    body: mostly(fc.constant(undefined), 4, body),
  });
  const wholeServer = resource.map((one) => ({ ...one, method: 'OPTIONS', target: '*' }));
  return (
    fc
      .oneof({ weight: 300, arbitrary: resource }, { weight: 1, arbitrary: wholeServer })
      // Beyond 16 KB, Node answers by itself.
      .filter((one) => one.target.length + one.headers.flat().join('').length < 15_000)
  );
}

/** What is no HTTP, or too much of it, is answered before it comes to the service: status, or nothing at all. */
const BEYOND_HTTP: readonly (readonly [name: string, bytes: string, answer: string])[] = [
  [
    'a header of 20 KB',
    bytesOf('GET / HTTP/1.1', 'Host: x', `X: ${'a'.repeat(20_000)}`),
    '431 Request Header Fields Too Large',
  ],
  [
    'an address of 20 KB',
    bytesOf(`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'Host: x'),
    '431 Request Header Fields Too Large',
  ],
  ['no host', bytesOf('GET /v2.1 HTTP/1.1'), '400 Bad Request'],
  ['an unknown method', bytesOf('FROB / HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['an address without a slash', bytesOf('GET v2.1 HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a space in the address', bytesOf('GET /v2.1/a b HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a letter beyond ASCII in the address', bytesOf('GET /\xc3\xbc HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a control character in a header', bytesOf('GET / HTTP/1.1', 'Host: x', 'X: a\x01b'), '400 Bad Request'],
  [
    'two lengths',
    bytesOf('POST / HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2'),
    '400 Bad Request',
  ],
  [
    'a length and chunks',
    bytesOf('POST / HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked'),
    '400 Bad Request',
  ],
  ['the preface of HTTP/2', bytesOf('PRI * HTTP/2.0', '', 'SM'), '400 Bad Request'],
  [
    'an expectation that nobody meets',
    bytesOf('GET / HTTP/1.1', 'Host: x', 'Expect: tea', 'Connection: close'),
    '417 Expectation Failed',
  ],
  ['a tunnel', bytesOf('CONNECT nova.example.org:443 HTTP/1.1', 'Host: x'), ''],
];

function bytesOf(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

// ---- asking --------------------------------------------------------------------------------------------------

async function send(agent: Agent, port: string, one: Asked): Promise<Received> {
  for (let attempt = 1; ; attempt += 1) {
    // Either framing of a body, by something that stays the same when a failure is tried again.
    const chunked = one.body !== undefined && one.body.length % 2 === 1;
    const length = one.body === undefined ? [] : ['Content-Length', String(one.body.length)];
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      method: one.method,
      path: one.target,
      headers: [...one.headers.flat(), ...(chunked ? ['Transfer-Encoding', 'chunked'] : length)],
      signal: AbortSignal.timeout(HANGS_AFTER),
    });
    try {
      outgoing.end(one.body === undefined ? undefined : Buffer.from(one.body, 'latin1'));
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      outgoing.on('error', () => undefined);
      const received = await readBuffer(incoming);
      const { statusCode: status = 0, headers } = incoming;
      return { status, headers, body: received, text: received.toString('utf8') };
    } catch (error) {
      // The service may close an idle connection just when it is taken up again: no answer to this request.
      const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
      if (!reset || !outgoing.reusedSocket || attempt === 3) throw error;
    }
  }
}

/** Sends bytes, and reads all until the other side closes the connection. */
async function sendBytes(port: string, bytes: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  const timer = setTimeout(() => socket.destroy(new Error('the connection stays open')), HANGS_AFTER);
  try {
    socket.write(Buffer.from(bytes, 'latin1'));
    return await readText(socket);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

// ---- what is answered ----------------------------------------------------------------------------------------

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const REQUEST_ID = new RegExp(`^req-${UUID}$`);

/** The statuses that there are: what Nova answers, and what files may be answered with. */
const STATUSES = [200, 300, 400, 401, 403, 404, 406, 415];
const STATUSES_OF_FILES = [206, 304, 412, 416];

/** Everything that is wrong with an answer, whatever it answers. */
function* problemsOf(one: Asked, received: Received): Generator<string> {
  const { status, headers } = received;
  const id = headers['x-openstack-request-id'];
  if (typeof id !== 'string' || !REQUEST_ID.test(id)) yield `no request id but ${String(id)}`;
  if (headers['x-compute-request-id'] !== id) yield 'two request ids';
  const isFile = isDocumentation(one);
  if (!STATUSES.includes(status) && !(isFile && STATUSES_OF_FILES.includes(status))) {
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
  yield* innards(told + JSON.stringify(headers), textOf(one));
  yield* problemsOfAccess(one, received);
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

function* problemsOfJson(one: Asked, { status, headers, body, text }: Received): Generator<string> {
  const json = parse(text);
  if (json === undefined || !isUtf8(body)) {
    yield 'a body that is no JSON';
  } else if (status === 401) {
    if (text !== JSON.stringify(UNAUTHORIZED)) yield 'not Keystone’s body';
    if (!/^Keystone uri=".*\/"$/.test(headers['www-authenticate'] ?? '')) yield 'no WWW-Authenticate';
  } else if (status < 400) {
    const names = Object.keys(json).join();
    if (!BODIES[status]?.includes(names) && !(isDocumentation(one) && 'openapi' in json)) {
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

/** The service's own pages, which are files and not Nova's. */
function isDocumentation({ target: address }: Asked): boolean {
  return /^(https?:\/\/[^/]*)?\/+(docs|openapi\.json)/i.test(decode(address));
}

/** What belongs to the service's inside: where it runs, what it runs on, what its queries are made of. */
const INNARDS = [
  /\b(?:select|insert|update|delete|drop|alter)\b[^"\n]{0,80}\b(?:from|into|set|where|table)\b/i,
  /sqlite|typeorm|mysql|mariadb|fastify|nestjs/i,
  /\b(?:FST|ERR?|SQLITE)_[A-Z_]{4,}|\bE(?:CONN[A-Z]+|NOENT|PIPE|ACCES|TIMEDOUT)\b/,
  /\binstance_(?:actions|mappings|actions_events)\b|\bcell_mappings\b|\binstances\b/,
  new RegExp(resolve(import.meta.dirname, '../..').replace(/[^\w/]/g, '\\$&')),
  /\w\.[cm]?[jt]s\b/,
  /node_modules|node:internal|file:\/\//,
  /\bat (?:async |new )?[\w.<>$]+ \(|\bat \S+:\d+:\d+/,
];

/** The rows' own texts may speak of anything: somebody's tracebacks are among them. */
const ROWS = [instances, instance_actions, instance_actions_events]
  .flat()
  .flatMap((row) => Object.values(row))
  .filter((value) => typeof value === 'string')
  .map((value) => JSON.stringify(value).slice(1, -1))
  .join('\n');

/** The traces of the service's inside in an answer that were not in the request already. */
function innards(answer: string, asked: string): string[] {
  const traces = INNARDS.map((pattern) => pattern.exec(answer)?.[0]).filter((text) => text !== undefined);
  if (traces.length === 0) return [];
  const known = `${asked}\n${decode(asked)}\n${ROWS}`.toLowerCase();
  return traces.filter((text) => !known.includes(text.toLowerCase())).map((text) => `it tells of '${text}'`);
}

const OWNERS = new Map(instances.map(({ uuid, project_id }) => [String(uuid), project_id ?? null]));

/**
 * An answer about a server is for its project and for admins, and what only operators see for these alone.
 * A refusal would tell anybody else that there is such a server.
 */
function* problemsOfAccess(one: Asked, { status, text }: Received): Generator<string> {
  const json = status === 200 || status === 403 ? parse(text) : undefined;
  const isAnswer = json !== undefined && ('instanceAction' in json || 'instanceActions' in json);
  const isRefusal = status === 403 && !isDocumentation(one);
  if (!isAnswer && !isRefusal) return;

  const [name, caller] = callerOf(one);
  if (caller === undefined) {
    yield 'an answer to nobody';
    return;
  }
  // Not by the service's own reading of the address: the server whose id stands there somewhere is the one.
  const address = decode(one.target).toLowerCase();
  const named = [...OWNERS.keys()].filter((uuid) => address.includes(uuid));
  const actions = [json?.['instanceAction'], json?.['instanceActions']].flat().filter(isObject);
  const servers = new Set([...named, ...actions.map(({ instance_uuid }) => String(instance_uuid))]);
  if (isAnswer && servers.size !== 1) yield `actions of several servers: ${[...servers].join(', ')}`;
  if (caller.roles.includes('admin')) return;
  for (const server of servers) {
    if ((OWNERS.get(server) ?? null) !== caller.project_id) yield `${name} knows of ${server}`;
  }
  if (/"(?:traceback|host|details)":/.test(text)) yield `${name} sees what is for operators`;
}

/** Who sends the request: nobody without a token, nor with two. */
function callerOf({ headers }: Asked): readonly [name: string, caller: Persona | undefined] {
  const [token, ...more] = headers.filter(([name]) => name.toLowerCase() === 'x-auth-token');
  const [name = ''] = Object.entries(personaTokens).find(([, known]) => known === token?.[1].trim()) ?? [];
  return [name, more.length === 0 ? personas[name] : undefined];
}

function textOf({ method: verb, target: address, headers, body: sent }: Asked): string {
  return [verb, address, ...headers.flat(), sent ?? ''].join('\n');
}

/** With percent-encoding undone, as often as it may have been done. */
function decode(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return once === text ? text : decode(once);
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// ---- the tests ----------------------------------------------------------------------------------------------

describe('requests of every kind', () => {
  const asked: string[] = [];
  /** How often each kind of answer came. */
  const kinds = new Map<string, number>();
  let store: TestStore;

  beforeAll(async () => {
    store = await createSqlite();
    await fillStore(store.url, { instances, instance_actions, instance_actions_events });
  });

  afterAll(async () => {
    await store.remove();
    const tally = [...kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, times]) => `${kind} × ${times}`);
    process.stdout.write(`${asked.join(', ')}: ${tally.join(', ')}\n`);
  });

  describe.each([
    ['asked directly', {}],
    [
      'behind a trusted proxy',
      { TRUSTED_PROXIES: '127.0.0.0/8', PUBLIC_URL: 'https://nova.example.org/compute' },
    ],
  ])('%s', (name, settings) => {
    let service: RunningService;
    let agent: Agent;

    beforeAll(async () => {
      service = await startService({ DATABASE_URL: store.url, ...settings });
      agent = new Agent({ keepAlive: true, maxFreeSockets: ASKERS });
    });

    afterAll(async () => {
      agent.destroy();
      await service.stop();
    });

    it(
      'are answered in a defined way, and tell nobody what is not theirs to know',
      async () => {
        const port = new URL(service.url).port;
        const ids = new Set<string>();
        let count = 0;
        const property = fc.asyncProperty(anyRequest(port), async (one) => {
          const received = await send(agent, port, one);
          count += 1;
          const kind = kindOf(received);
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          const problems = [...problemsOf(one, received)];
          const id = String(received.headers['x-openstack-request-id']);
          if (ids.has(id)) problems.push(`the request id ${id} was given before`);
          ids.add(id);
          if (problems.length > 0) {
            throw new Error(`${problems.join('; ')}. The answer was ${describeAnswer(received)}`);
          }
        });
        // One run follows the other, so several are under way side by side, each with a seed of its own.
        const runs = Array.from({ length: ASKERS }, () =>
          fc.assert(property, { numRuns: Math.ceil(REQUESTS / ASKERS) }),
        );
        for (const run of await Promise.allSettled(runs)) {
          if (run.status === 'rejected') throw run.reason;
        }
        asked.push(`${count} requests ${name}`);
        expect(count).toBeGreaterThanOrEqual(REQUESTS);
      },
      PATIENCE,
    );

    it.each(BEYOND_HTTP)('that are no HTTP end with the connection: %s', async (_name, bytes, answer) => {
      const received = await sendBytes(new URL(service.url).port, bytes);
      expect(received.slice(0, received.indexOf('\r\n')).replace(/^HTTP\/1.1 /, '')).toBe(answer);
      expect(innards(received, bytes)).toEqual([]);
    });
  });

  it('come to every kind of answer', () => {
    expect([...kinds.keys()]).toEqual(
      expect.arrayContaining([
        '200 instanceAction',
        '200 instanceActions',
        '200 instanceActions,links',
        '200 openapi,paths,info',
        '200 version',
        '200 versions',
        '300 choices',
        '400 badRequest',
        '401 error',
        '403 forbidden',
        '404 itemNotFound',
        '404 message,code,title',
        '404 text/html; charset=UTF-8',
        '404 text/plain; charset=UTF-8',
        '406 computeFault',
        '415 badMediaType',
      ]),
    );
  });
});

/** The status, and what the body is or has. */
function kindOf({ status, headers, text }: Received): string {
  const type = headers['content-type'] ?? 'nothing';
  return `${status} ${
    (type.includes('json') &&
      Object.keys(parse(text) ?? {})
        .slice(0, 3)
        .join()) ||
    type
  }`;
}

function describeAnswer({ status, headers, text }: Received): string {
  return JSON.stringify({ status, headers, text: text.slice(0, 1000) });
}
