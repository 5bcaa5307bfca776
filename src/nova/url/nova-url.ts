/**
 * Where in Nova's URL space a request points. Nova serves the same API under `/v2.1` and, for clients from
 * before microversions, under `/v2`; either may carry the caller's project id before the resource.
 */
export interface NovaUrl {
  /** The mount: `v2.1`, `v2`, or undefined outside of both (version discovery and this service's own pages). */
  readonly root: 'v2.1' | 'v2' | undefined;
  /** The project id in the path, or undefined. */
  readonly projectId: string | undefined;
  /** The decoded path as Nova sees it: `/v2.1/servers/…`, without repeated slashes, with the project id. */
  readonly path: string;
  /** The query string as sent, without the `?`. */
  readonly query: string;
  /** The path that our routes are declared with: always under `/v2.1`, without project id, encoded again. */
  readonly route: string;
}

const PROJECT_ID = /^[0-9a-f-]+$/;
const PLAIN = /^[\w\-./~]*$/;

/** Reads a request target as Nova's web stack does. */
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
  // The end of a path that Nova's router looks for is before a line break, too.
  const route = resource.join('/').replace(/\n$/, '');
  return { root, projectId, path, query, route: route === '' ? '/v2.1' : `/v2.1/${encodePath(route)}` };
}

/** Whether the target lies in the API proper, where every request needs a token; its root alone does not. */
export function isApi(url: NovaUrl): boolean {
  return url.root !== undefined && url.path.length > url.root.length + 2;
}

/** A path in the form that stands in links: all but unreserved and a few delimiters percent-encoded. */
export function quotePath(path: string): string {
  return path.replace(/[^\w\-./~!$&'()*+,;=:@]/g, (character) => {
    const code = character.charCodeAt(0);
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/**
 * WSGI hands Nova the path with its percent-encoding undone byte by byte, each byte one character (Latin-1);
 * what is no encoding stays as it is. A slash that was encoded is then a slash like any other.
 */
function decodePath(raw: string): string {
  // A target may be a whole address, and for OPTIONS an asterisk.
  const path = raw.startsWith('/') ? raw : `/${raw.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\/?/i, '')}`;
  const decoded = path.includes('%')
    ? path.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : path;
  return decoded.includes('//') ? decoded.replace(/\/\/+/g, '/') : decoded;
}

function encodePath(path: string): string {
  return PLAIN.test(path) ? path : path.split('/').map(encodeURIComponent).join('/');
}
