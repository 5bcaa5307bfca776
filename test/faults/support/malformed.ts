const EXAMPLE =
  '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions/req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** What only an operator sees of the example, so that an answer to the smuggled request is known by it. */
export const SMUGGLED = '"traceback"';

/** A request that must never be taken for one: it hides behind the end of another. */
const HIDDEN = lines(`GET /v2.1/servers/${EXAMPLE} HTTP/1.1`, 'Host: x', 'X-Auth-Token: token-of-admin');

const GET = ['GET /v2.1/ HTTP/1.1', 'Host: x'] as const;
const POST = ['POST /v2.1/ HTTP/1.1', 'Host: x'] as const;
const CHUNKED = 'Transfer-Encoding: chunked';
const NO_CHUNKS = '0\r\n\r\n';
const MEGABYTE = 1024 * 1024;

/**
 * Requests that no two servers would read alike, or too much of one: by name, in bytes, with the status they get. What
 * is wrong beyond the head may be found only when the answer is given already; then nothing follows it.
 */
export const MALFORMED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['a header of 1 MB', lines(...GET, `X: ${'a'.repeat(MEGABYTE)}`), 431],
  ['1 MB of headers', lines(...GET, ...manyHeaders()), 431],
  ['an address of 1 MB', lines(`GET /${'a'.repeat(MEGABYTE)} HTTP/1.1`, 'Host: x'), 431],
  ['a trailer of 1 MB', chunked(`0\r\nX: ${'a'.repeat(MEGABYTE)}\r\n\r\n`), 431],
  ['a chunk of no size', chunked('zz\r\nabc\r\n'), 400],
  ['a chunk of a negative size', chunked('-1\r\nabc\r\n'), 400],
  ['a chunk of a size beyond 64 bits', chunked('FFFFFFFFFFFFFFFFF\r\nabc\r\n'), 400],
  ['a chunk that is longer than it says', chunked('3\r\nabcdef\r\n'), 400],
  ['chunks that end in bare line feeds', chunked('3\nabc\n0\n\n'), 400],
  ['a chunk with an extension of 1 MB', chunked(`3;${'x'.repeat(MEGABYTE)}\r\nabc\r\n`), 400],
  ['a length and chunks', lines(...POST, 'Content-Length: 5', CHUNKED) + NO_CHUNKS, 400],
  ['chunks and a length', lines(...POST, CHUNKED, 'Content-Length: 5') + NO_CHUNKS, 400],
  ['a length and cHuNKs', lines(...POST, 'Content-Length: 5', 'tRANSFER-eNCODING: cHuNKed') + NO_CHUNKS, 400],
  ['two lengths', lines(...POST, 'Content-Length: 0', 'Content-Length: 5'), 400],
  ['twice the same length', `${lines(...POST, 'Content-Length: 3', 'Content-Length: 3')}abc`, 400],
  ['a list of lengths', `${lines(...POST, 'Content-Length: 3, 3')}abc`, 400],
  ['a length with a sign', `${lines(...POST, 'Content-Length: +3')}abc`, 400],
  ['a length in hexadecimal', `${lines(...POST, 'Content-Length: 0x3')}abc`, 400],
  ['a length beyond 64 bits', lines(...POST, `Content-Length: ${'9'.repeat(30)}`), 400],
  ['an encoding that is not the last', lines(...POST, `${CHUNKED}, identity`) + NO_CHUNKS, 400],
  ['an unknown encoding', lines(...POST, 'Transfer-Encoding: xchunked') + NO_CHUNKS, 400],
  ['a space before the colon', lines(...POST, 'Transfer-Encoding : chunked') + NO_CHUNKS, 400],
  ['a vertical tab before the encoding', lines(...POST, 'Transfer-Encoding:\vchunked') + NO_CHUNKS, 400],
  ['chunks in HTTP/1.0', lines('POST /v2.1/ HTTP/1.0', 'Host: x', CHUNKED) + NO_CHUNKS, 400],
  ['a folded header', lines(...GET, 'X: a', '  b'), 400],
  ['a folded encoding', lines(...POST, 'Transfer-Encoding:', ' chunked') + NO_CHUNKS, 400],
  [
    'a folded encoding and a length',
    lines(...POST, 'Content-Length: 5', 'Transfer-Encoding:', ' chunked'),
    400,
  ],
  ['a fold before the first header', lines('GET /v2.1/ HTTP/1.1', ' Host: x'), 400],
  ['bare line feeds', `${GET.join('\n')}\n\n`, 400],
  ['one bare line feed', lines(GET[0], 'Host: x\nX-Auth-Token: token-of-admin'), 400],
  ['a bare carriage return', lines(...GET, 'X: a\rX-Auth-Token: token-of-admin'), 400],
  ['a zero byte', lines(...GET, 'X: a\0b'), 400],
  ['an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 400],
  ['the beginning of TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\0'.repeat(200)}`, 400],
].map(([name, bytes, status]) => [name, `${String(bytes)}${HIDDEN}`, status] as [string, string, number]);

function lines(...all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n\r\n`;
}

function chunked(chunks: string): string {
  return lines(...POST, CHUNKED) + chunks;
}

function manyHeaders(): string[] {
  return Array.from({ length: MEGABYTE / 32 }, (_, index) => `X-${index}: ${'a'.repeat(20)}`);
}
