import {
  HEADER_PIECES,
  PATH_PIECES,
  QUERY_PIECES,
  type TextOfLength,
  numberedText,
  repeatedText,
} from './worst-texts.js';

/**
 * A part of a request, such as a header, in which the client can send any text. The requests contain texts that could
 * make the parser of this part slow.
 */
export interface RequestPart {
  readonly name: string;
  /** Functions that return the bytes of a whole request. Each puts a text of the given length into this part. */
  readonly requests: readonly TextOfLength[];
}

/** A request line and headers, to which one of the long texts is added. */
interface Frame {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The parts of an OpenAPI document that these requests need. */
export interface ApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      { readonly get?: { readonly parameters?: readonly { readonly in: string; readonly name: string }[] } }
    >
  >;
}

/** The data that valid requests to the tested service contain. */
export interface ServiceFacts {
  /** The token of an administrator. */
  readonly token: string;
  /** The UUID of a server that has actions. */
  readonly server: string;
  readonly document: ApiDocument;
}

/**
 * Returns one part for each header that the service, Node or nova-api reads. Each part belongs to a request for which
 * its header is read.
 */
function headerParts({ own, page, forwarded, preflight, tooLarge }: Frames): readonly RequestPart[] {
  const headersByFrame: readonly (readonly [frame: Frame, ...names: string[]])[] = [
    [own, 'X-Auth-Token', 'X-Storage-Token', 'X-Service-Token', 'OpenStack-API-Version'],
    [own, 'X-OpenStack-Nova-API-Version', 'Content-Type', 'X-Openstack-Request-Id', 'Host', 'Origin'],
    [own, 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Accept-Version', 'Expect', 'Upgrade'],
    [own, 'Transfer-Encoding', 'Content-Length', 'Cookie'],
    [
      page,
      'If-Match',
      'If-None-Match',
      'If-Modified-Since',
      'If-Unmodified-Since',
      'If-Range',
      'Range',
      'Accept-Encoding',
    ],
    [forwarded, 'Connection', 'X-Forwarded-For', 'Forwarded', 'X-Anything', 'TE'],
    [preflight, 'Access-Control-Request-Method', 'Access-Control-Request-Headers'],
    [tooLarge, 'Accept'],
  ];
  return headersByFrame.flatMap(([frame, ...names]) =>
    names.map((name) => ({
      name: `${name} of ${frame.line}`,
      requests: HEADER_PIECES.map((piece) =>
        withHeader(frame, name, repeatedText(piece, HEADER_PREFIXES[name])),
      ),
    })),
  );
}

/** A prefix for the value of a header. Without it, the parser would reject the value before reading the rest. */
const HEADER_PREFIXES: Readonly<Record<string, string>> = {
  'OpenStack-API-Version': 'compute ',
  'Content-Type': 'application/json',
  Range: 'bytes=',
  Accept: 'text/html',
  Connection: 'close, ',
};

interface Frames {
  readonly own: Frame;
  readonly page: Frame;
  readonly forwarded: Frame;
  readonly preflight: Frame;
  readonly tooLarge: Frame;
}

/**
 * Returns all parts. Reads the parameters in paths and query strings from the OpenAPI document, so that new routes are
 * included automatically.
 */
export function worstRequests(facts: ServiceFacts): readonly RequestPart[] {
  const headers = {
    'X-Auth-Token': facts.token,
    'OpenStack-API-Version': 'compute 2.103',
  };
  const list = `/v2.1/servers/${facts.server}/os-instance-actions`;
  const own: Frame = { line: `GET ${list}?limit=1`, headers };
  const forwarded: Frame = { line: 'GET /elsewhere', headers };
  const frames: Frames = {
    own,
    page: { line: 'GET /docs/swagger-ui.css', headers: {} },
    forwarded,
    preflight: {
      line: `OPTIONS ${list}`,
      headers: { Origin: 'https://a', 'Access-Control-Request-Method': 'GET' },
    },
    tooLarge: { line: `GET ${list}`, headers: { ...headers, 'Content-Length': '1000000000' } },
  };
  return [
    ...headerParts(frames),
    ...Object.entries(facts.document.paths).flatMap(([path, { get }]) =>
      (get?.parameters ?? []).flatMap((parameter) => parameterParts(path, parameter, facts, headers)),
    ),
    {
      name: 'the address',
      requests: PATH_PIECES.flatMap((piece) =>
        ['/', '/v2.1/', '/v2/', 'http://'].map((beginning) =>
          requestTo(repeatedText(piece, beginning), headers),
        ),
      ),
    },
    {
      name: 'the query',
      requests: ['a&', '&', '=&', 'limit=1&', 'marker=a&', 'a=%41&', '%22&', '+', '%C3%A9&', '#=&', 'limit#&']
        .map((piece) => numberedText(piece))
        .flatMap((filling) =>
          [list, '/v2.1/os-migrations', '/elsewhere'].map((path) =>
            requestTo((length) => `${path}?${filling(length)}`, headers),
          ),
        ),
    },
    {
      name: 'many headers',
      requests: [own, forwarded].flatMap((frame) =>
        [
          ...['X-#: a', 'X: a', ':', 'Connection: X-#', 'X-Forwarded-For: 1.1.1.1', 'Host: a', 'Cookie: a=#'],
          ...[
            'X-Auth-Token: a',
            'Connection: X-#\r\nX-#: a',
            'OpenStack-API-Version: compute 2.#',
            'Vary: #',
          ],
        ].map(
          (header): TextOfLength =>
            (length) =>
              bytesOf(frame) + `${numberedText(`${header}\r\n`)(length)}\r\n`,
        ),
      ),
    },
  ];
}

function parameterParts(
  path: string,
  { in: where, name }: { readonly in: string; readonly name: string },
  { server }: ServiceFacts,
  headers: Frame['headers'],
): readonly RequestPart[] {
  if (where === 'header') return [];
  const [beginning = '', end = ''] = where === 'path' ? path.split(`{${name}}`) : [`${path}?${name}=`];
  const pieces = where === 'path' ? PATH_PIECES : [...QUERY_PIECES, `1&${name}=`];
  const filled = (text: string): string => text.replace('{server_id}', server).replaceAll(/\{\w+\}/g, 'x');
  return [
    {
      name: `${name} of ${path}`,
      requests: pieces.map((piece) =>
        requestTo((length) => filled(beginning) + repeatedText(piece)(length) + filled(end), headers),
      ),
    },
  ];
}

function requestTo(target: TextOfLength, headers: Frame['headers']): TextOfLength {
  return (length) => `${bytesOf({ line: `GET ${target(length)}`, headers })}\r\n`;
}

function withHeader({ line, headers }: Frame, name: string, value: TextOfLength): TextOfLength {
  return (length) => `${bytesOf({ line, headers: { ...headers, [name]: value(length) } })}\r\n`;
}

/**
 * Returns the bytes of the request line and the headers, without the empty line after the headers. Each character of
 * the string is one byte.
 */
function bytesOf({ line, headers }: Frame): string {
  const all = { Host: 'nova.example.org', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}`;
}
