import fc from 'fast-check';
import { METHODS } from 'node:http';
import { target } from './addresses.js';
import {
  otherHeader,
  header,
  type Header,
  host,
  mediaType,
  tokenHeader,
  upToTwo,
  versionHeader,
} from './headers.js';
import { anyByte, mostly, oneOf } from './texts.js';
import type { SentRequest } from './wire.js';

const method = mostly(
  fc.constant('GET'),
  15,
  oneOf('HEAD', 'POST', 'OPTIONS'),
  // Node itself handles CONNECT, and INVALID_HTTP contains such a request.
  oneOf(...METHODS.filter((name) => name !== 'CONNECT')),
);

const body = fc.oneof(
  oneOf('', '{}', '{"limit": 1}', '[', '{"__proto__": {}}', 'a=b', 'x'.repeat(70_000)),
  fc.string({ unit: anyByte, maxLength: 60 }),
);

/** Generates any valid HTTP request to the service on a port. */
export function anyRequest(port: string): fc.Arbitrary<SentRequest> {
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
        fc.array(otherHeader, { maxLength: 2 }),
      )
      .map((groups) => groups.flat()),
    body: mostly(fc.constant(undefined), 4, body),
  });
  const wholeServer = resource.map((one) => ({ ...one, method: 'OPTIONS', target: '*' }));
  return (
    fc
      .oneof({ weight: 300, arbitrary: resource }, { weight: 1, arbitrary: wholeServer })
      // Node itself rejects a request whose request line and headers are longer than 16 KB. So such requests are not
      // generated.
      .filter((one) => one.target.length + one.headers.flat().join('').length < 15_000)
  );
}

/** Requests that Node itself rejects. `answer` is the status code with its text, or empty if Node sends no response. */
export const INVALID_HTTP: readonly (readonly [name: string, bytes: string, answer: string])[] = [
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
  ['a request without a Host header', bytesOf('GET /v2.1 HTTP/1.1'), '400 Bad Request'],
  ['an unknown method', bytesOf('FROB / HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['an address without a slash', bytesOf('GET v2.1 HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a space in the address', bytesOf('GET /v2.1/a b HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a letter beyond ASCII in the address', bytesOf('GET /\xc3\xbc HTTP/1.1', 'Host: x'), '400 Bad Request'],
  ['a control character in a header', bytesOf('GET / HTTP/1.1', 'Host: x', 'X: a\x01b'), '400 Bad Request'],
  [
    'two Content-Length headers',
    bytesOf('POST / HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2'),
    '400 Bad Request',
  ],
  [
    'Content-Length with chunks',
    bytesOf('POST / HTTP/1.1', 'Host: x', 'Content-Length: 3', 'Transfer-Encoding: chunked'),
    '400 Bad Request',
  ],
  ['the connection preface of HTTP/2', bytesOf('PRI * HTTP/2.0', '', 'SM'), '400 Bad Request'],
  [
    'an unknown expectation',
    bytesOf('GET / HTTP/1.1', 'Host: x', 'Expect: tea', 'Connection: close'),
    '417 Expectation Failed',
  ],
  ['a CONNECT request', bytesOf('CONNECT nova.example.org:443 HTTP/1.1', 'Host: x'), ''],
];

function bytesOf(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}
