/** A header's name and value, as they go over the wire. */
export type Header = readonly [name: string, value: string];

/** Names and values by turns, in the order in which they came, repeated where they were repeated. */
export type RawHeaders = readonly string[];

/** Headers that are about one connection and not about the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

/** Without these the message is another one, or none; `Connection` cannot name them away. */
const ESSENTIAL = new Set(['host', 'content-length']);

/**
 * Who asked, and for which address, is for this service to say and not for the client. WSGI makes the same
 * variable of `X_Forwarded_For` as of `X-Forwarded-For`.
 */
const FORWARDING = /^(forwarded|x[-_]forwarded[-_].*)$/;

/** Methods whose requests have a body, be it an empty one. */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** What passes on of an answer's headers: all but those of the one connection that it came over. */
export function responseHeaders(received: RawHeaders): string[] {
  return endToEnd(received).flat();
}

/**
 * A request's headers as Nova gets them: those of the client, without those of its connection, and what this
 * service says of the client.
 *
 * @param forwarded the headers to tell of the client
 */
export function requestHeaders(method: string, received: RawHeaders, forwarded: readonly Header[]): string[] {
  const passed = endToEnd(received).filter(([name]) => {
    const lowerCase = name.toLowerCase();
    // `Expect: 100-continue` has been met by the time that a request is looked at.
    return lowerCase !== 'expect' && !FORWARDING.test(lowerCase);
  });
  return [...passed, ...forwarded, ...framing(method, received)].flat();
}

/** States the end of the body where the headers that pass on do not. The only coding is `chunked`. */
function framing(method: string, received: RawHeaders): Header[] {
  const [coding] = valuesOf(received, 'transfer-encoding');
  if (coding !== undefined) return [['Transfer-Encoding', coding]];
  return METHODS_WITH_BODY.has(method) && contentLength(received) === '' ? [['Content-Length', '0']] : [];
}

function endToEnd(received: RawHeaders): Header[] {
  const named = valuesOf(received, 'connection')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !ESSENTIAL.has(name));
  const ofThisConnection = new Set(named);
  return pairs(received).filter(([name]) => {
    const lowerCase = name.toLowerCase();
    return !HOP_BY_HOP.test(lowerCase) && !ofThisConnection.has(lowerCase);
  });
}

function contentLength(received: RawHeaders): string {
  return valuesOf(received, 'content-length')[0] ?? '';
}

export function valuesOf(received: RawHeaders, name: string): string[] {
  return pairs(received).flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : []));
}

function pairs(received: RawHeaders): Header[] {
  return Array.from({ length: received.length / 2 }, (_, index) => [
    received[index * 2] ?? '',
    received[index * 2 + 1] ?? '',
  ]);
}
