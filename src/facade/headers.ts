/** The name and the value of a header, unchanged, as the HTTP message contains them. */
export type Header = readonly [name: string, value: string];

/** A list in which header names and values alternate, in the order of the message. Repeated headers are included. */
export type RawHeaders = readonly string[];

/**
 * Headers that apply to one connection only (RFC 9110, 7.6.1). The service does not forward them between clients and
 * nova-api.
 */
const HOP_BY_HOP = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

/**
 * Headers that the service forwards even if the `Connection` header lists them. Without these headers, the meaning of
 * the message would change.
 */
const ESSENTIAL = new Set(['host', 'content-length']);

/**
 * Headers about the origin of a request. The service replaces them, so that a client cannot forge its address. The
 * pattern allows underscores, because WSGI does not distinguish `X_Forwarded_For` from `X-Forwarded-For`.
 */
const FORWARDING = /^(forwarded|x[-_]forwarded[-_].*)$/;

/** Methods whose requests have a body, possibly an empty one. */
const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Returns the headers of Nova's response that the service forwards to the client: all except those that apply only to
 * the connection between this service and Nova.
 */
export function responseHeaders(received: RawHeaders): string[] {
  return endToEnd(received).flat();
}

/**
 * Returns the headers of a request to Nova: the client's headers, without those that apply to the client's connection,
 * and then the headers that the service adds.
 *
 * @param forwarded the headers that the service adds
 */
export function requestHeaders(method: string, received: RawHeaders, forwarded: readonly Header[]): string[] {
  const passed = endToEnd(received).filter(([name]) => {
    const lowerCase = name.toLowerCase();
    // `Expect` is not forwarded, because Node has already responded to `Expect: 100-continue`.
    return lowerCase !== 'expect' && !FORWARDING.test(lowerCase);
  });
  return [...passed, ...forwarded, ...framing(method, received)].flat();
}

/**
 * Returns the header that marks the end of the body, if the forwarded headers do not contain it. If the client's
 * request has a transfer coding, the coding is `chunked`: the service rejects others.
 */
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
