const EXAMPLE =
  '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/**
 * A field that the service shows only to an administrator. A response that contains it shows that the service has
 * processed SMUGGLED_REQUEST.
 */
export const SMUGGLED = '"traceback"';

/**
 * A request of an administrator, which tests send directly after each malformed request. The service must not process
 * it. Otherwise a client could hide a request from a proxy in front of the service (request smuggling).
 */
const SMUGGLED_REQUEST = lines(
  `GET /v2.1/servers/${EXAMPLE} HTTP/1.1`,
  'Host: x',
  'X-Auth-Token: token-of-admin',
);

const GET = ['GET /v2.1/ HTTP/1.1', 'Host: x'] as const;
const POST = ['POST /v2.1/ HTTP/1.1', 'Host: x'] as const;
const CHUNKED = 'Transfer-Encoding: chunked';
const NO_CHUNKS = '0\r\n\r\n';
const MEGABYTE = 1024 * 1024;

/**
 * Malformed or too large requests, with the status of the expected response. HTTP servers disagree about where some of
 * these requests end. If the error is in the body, the service may respond before it detects the error. It then closes
 * the connection.
 */
export const MALFORMED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['a header of 1 MB', lines(...GET, `X: ${'a'.repeat(MEGABYTE)}`), 431],
  ['1 MB of headers', lines(...GET, ...manyHeaders()), 431],
  ['a request target of 1 MB', lines(`GET /${'a'.repeat(MEGABYTE)} HTTP/1.1`, 'Host: x'), 431],
  ['a trailer of 1 MB', chunked(`0\r\nX: ${'a'.repeat(MEGABYTE)}\r\n\r\n`), 431],
  ['a chunk size that is not a number', chunked('zz\r\nabc\r\n'), 400],
  ['a negative chunk size', chunked('-1\r\nabc\r\n'), 400],
  ['a chunk size of more than 64 bits', chunked('FFFFFFFFFFFFFFFFF\r\nabc\r\n'), 400],
  ['a chunk that is longer than its size', chunked('3\r\nabcdef\r\n'), 400],
  ['chunks that end in bare line feeds', chunked('3\nabc\n0\n\n'), 400],
  ['a chunk with an extension of 1 MB', chunked(`3;${'x'.repeat(MEGABYTE)}\r\nabc\r\n`), 400],
  ['Content-Length before Transfer-Encoding', lines(...POST, 'Content-Length: 5', CHUNKED) + NO_CHUNKS, 400],
  ['Content-Length after Transfer-Encoding', lines(...POST, CHUNKED, 'Content-Length: 5') + NO_CHUNKS, 400],
  [
    'Content-Length and tRANSFER-eNCODING: cHuNKed',
    lines(...POST, 'Content-Length: 5', 'tRANSFER-eNCODING: cHuNKed') + NO_CHUNKS,
    400,
  ],
  ['two Content-Length headers', lines(...POST, 'Content-Length: 0', 'Content-Length: 5'), 400],
  ['two equal Content-Length headers', `${lines(...POST, 'Content-Length: 3', 'Content-Length: 3')}abc`, 400],
  ['a list in Content-Length', `${lines(...POST, 'Content-Length: 3, 3')}abc`, 400],
  ['a sign in Content-Length', `${lines(...POST, 'Content-Length: +3')}abc`, 400],
  ['a hexadecimal Content-Length', `${lines(...POST, 'Content-Length: 0x3')}abc`, 400],
  ['a Content-Length of more than 64 bits', lines(...POST, `Content-Length: ${'9'.repeat(30)}`), 400],
  [
    'a Transfer-Encoding in which chunked is not the last coding',
    lines(...POST, `${CHUNKED}, identity`) + NO_CHUNKS,
    400,
  ],
  ['an unknown Transfer-Encoding', lines(...POST, 'Transfer-Encoding: xchunked') + NO_CHUNKS, 400],
  [
    'a space before the colon of Transfer-Encoding',
    lines(...POST, 'Transfer-Encoding : chunked') + NO_CHUNKS,
    400,
  ],
  ['a vertical tab in Transfer-Encoding', lines(...POST, 'Transfer-Encoding:\vchunked') + NO_CHUNKS, 400],
  ['Transfer-Encoding in HTTP/1.0', lines('POST /v2.1/ HTTP/1.0', 'Host: x', CHUNKED) + NO_CHUNKS, 400],
  ['a folded header', lines(...GET, 'X: a', '  b'), 400],
  ['a folded Transfer-Encoding', lines(...POST, 'Transfer-Encoding:', ' chunked') + NO_CHUNKS, 400],
  [
    'Content-Length and a folded Transfer-Encoding',
    lines(...POST, 'Content-Length: 5', 'Transfer-Encoding:', ' chunked'),
    400,
  ],
  ['a folded line before the first header', lines('GET /v2.1/ HTTP/1.1', ' Host: x'), 400],
  ['bare line feeds', `${GET.join('\n')}\n\n`, 400],
  ['one bare line feed', lines(GET[0], 'Host: x\nX-Auth-Token: token-of-admin'), 400],
  ['a bare carriage return', lines(...GET, 'X: a\rX-Auth-Token: token-of-admin'), 400],
  ['a zero byte', lines(...GET, 'X: a\0b'), 400],
  ['an HTTP response', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 400],
  ['the start of a TLS handshake', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\0'.repeat(200)}`, 400],
].map(
  ([name, bytes, status]) =>
    [name, `${String(bytes)}${SMUGGLED_REQUEST}`, status] as [string, string, number],
);

function lines(...all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n\r\n`;
}

function chunked(chunks: string): string {
  return lines(...POST, CHUNKED) + chunks;
}

function manyHeaders(): string[] {
  return Array.from({ length: MEGABYTE / 32 }, (_, index) => `X-${index}: ${'a'.repeat(20)}`);
}
