import { trimEnd } from '../../common/trim-end.js';
import { isApi, type NovaUrl, quotePath } from './nova-url.js';
import { parseQuery } from './parse-query.js';

/** What links depend on of a request. */
interface LinkingRequest {
  readonly protocol: string;
  /** Empty where the client names no host. */
  readonly host: string;
  readonly socket: { readonly localAddress?: string | undefined; readonly localPort?: number | undefined };
  readonly nova: {
    readonly url: NovaUrl;
    readonly context?: { readonly projectId: string | null };
  };
}

/** The address that the caller used for this service: scheme, host, and port unless it is the usual one. */
function origin(request: LinkingRequest): string {
  const host =
    request.host || `${request.socket.localAddress ?? 'localhost'}:${request.socket.localPort ?? ''}`;
  // A proxy may be trusted and still pass on whatever it was sent.
  const scheme = request.protocol === 'https' ? 'https' : 'http';
  return `${scheme}://${host.replace(scheme === 'https' ? /:443$/ : /:80$/, '')}`;
}

/**
 * The address of the API root that the request came in by, such as `http://nova.example.org/v2.1`, as it
 * stands in links.
 *
 * @param publicUrl put in place of the request's own address; may carry a path
 */
export function rootAddress(request: LinkingRequest, publicUrl: string | undefined): string {
  const { root } = request.nova.url;
  const base = publicUrl === undefined ? origin(request) : publicUrl.replace(/\/$/, '');
  return root === undefined ? base : `${base}/${root}`;
}

/** Joins the parts of an address, each without its own slashes at the ends; a last empty part ends in a slash. */
export function joinAddress(...parts: string[]): string {
  const stripped = parts.filter((part) => part !== '').map((part) => trimEnd(part.replace(/^\/+/, ''), '/'));
  return [...stripped, ...(parts.at(-1) === '' ? [''] : [])].join('/');
}

/**
 * The address of a collection's next page: the caller's own query with another marker, in alphabetical order. Of a
 * repeated parameter the last value counts.
 */
export function nextPageAddress(
  request: LinkingRequest,
  publicUrl: string | undefined,
  collection: string,
  marker: string,
): string {
  const parameters = [...parseQuery(request.nova.url.query)].sort(([a], [b]) => (a < b ? -1 : 1));
  const next = new Map(parameters.map(([name, values]) => [name, values.at(-1) ?? ''])).set('marker', marker);
  const encoded = [...next].map(([name, value]) => `${quoteForm(name)}=${quoteForm(value)}`).join('&');
  return `${joinAddress(rootAddress(request, publicUrl), projectIdIn(request), collection)}?${encoded}`;
}

/**
 * An item's two addresses: `self` in this version of the API, `bookmark` in none.
 *
 * @param path of the item below the root
 */
export function itemAddresses(
  request: LinkingRequest,
  publicUrl: string | undefined,
  path: string,
): { self: string; bookmark: string } {
  const root = rootAddress(request, publicUrl);
  const projectId = projectIdIn(request);
  return {
    self: joinAddress(root, projectId, path),
    bookmark: joinAddress(root.replace(/\/v2(\.1)?$/, ''), projectId, path),
  };
}

/** The caller's project id if the URL of the request contains it; else the empty text. */
function projectIdIn(request: LinkingRequest): string {
  const { url, context } = request.nova;
  const asked = `${origin(request)}${quotePath(url.path)}?${url.query}`;
  return context?.projectId && isApi(url) && asked.includes(context.projectId) ? context.projectId : '';
}

function quoteForm(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
