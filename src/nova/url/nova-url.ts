/**
 * The parts of a request's URL. Nova serves the same API below `/v2.1` and, for clients without microversions, below
 * `/v2`. In both, the caller's project id may precede the resource.
 */
export interface NovaUrl {
  /** The root of the API. Undefined for version discovery at `/` and for this service's own pages. */
  readonly root: 'v2.1' | 'v2' | undefined;
  /** The project id in the path, if there is one. */
  readonly projectId: string | undefined;
  /** The decoded path, as Nova reads it: `/v2.1/servers/…`, with the project id, without repeated slashes. */
  readonly path: string;
  /** The query string as the client sent it, without the `?`. */
  readonly query: string;
  /** The encoded path that Fastify uses for routing. Below an API root, it always has `/v2.1`, and no project id. */
  readonly route: string;
}

const PROJECT_ID = /^[0-9a-f-]+$/;
const PLAIN = /^[\w\-./~]*$/;

/** Parses a request target as Nova's web stack does. */
export function parseNovaUrl(target: string): NovaUrl {
  const mark = target.indexOf('?');
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const path = decodePath(mark < 0 ? target : target.slice(0, mark));
  const [, root, ...segments] = path.split('/');
  if (root !== 'v2.1' && root !== 'v2') {
    return { root: undefined, projectId: undefined, path, query, route: encodePath(path) };
  }
  const first = segments[0];
  const projectId = first !== undefined && segments.length > 1 && PROJECT_ID.test(first) ? first : undefined;
  const resource = projectId === undefined ? segments : segments.slice(1);
  // In the regular expressions of Nova's router, `$` also matches before a final line break. So the router ignores a
  // line break at the end.
  const route = resource.join('/').replace(/\n$/, '');
  return { root, projectId, path, query, route: route === '' ? '/v2.1' : `/v2.1/${encodePath(route)}` };
}

/**
 * Returns true if the URL is below `/v2.1/` or `/v2/`, where every request needs a token. The roots themselves
 * (`/v2.1/` and `/v2/`) need no token.
 */
export function isApi(url: NovaUrl): boolean {
  return url.root !== undefined && url.path.length > url.root.length + 2;
}

/** Returns a path for a link: percent-encoded, except for unreserved characters and some delimiters. */
export function quotePath(path: string): string {
  return path.replace(/[^\w\-./~!$&'()*+,;=:@]/g, (character) => {
    const code = character.charCodeAt(0);
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/**
 * Decodes a path as WSGI does for Nova: each percent-encoded byte becomes one Latin-1 character. An invalid encoding
 * remains unchanged. An encoded slash becomes an ordinary slash.
 */
function decodePath(raw: string): string {
  // A request target may also be a full URL or, for OPTIONS, an asterisk.
  const path = raw.startsWith('/') ? raw : `/${raw.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\/?/i, '')}`;
  const decoded = path.includes('%')
    ? path.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : path;
  return decoded.includes('//') ? decoded.replace(/\/\/+/g, '/') : decoded;
}

function encodePath(path: string): string {
  // The router compares an encoded colon with the pattern of a route without decoding it.
  return PLAIN.test(path) ? path : path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
}
