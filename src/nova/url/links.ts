import { trimEnd } from '../../common/trim-end.js';
import { isApi, type NovaUrl, quotePath } from './nova-url.js';
import { parseQuery } from './parse-query.js';

/** The parts of a request that links depend on. */
interface LinkingRequest {
  readonly protocol: string;
  /** The value of the Host header; empty if the request has none. */
  readonly host: string;
  readonly socket: { readonly localAddress?: string | undefined; readonly localPort?: number | undefined };
  readonly nova: {
    readonly url: NovaUrl;
    readonly context?: { readonly projectId: string | null };
  };
}

/**
 * Returns the origin that the client used for this service: scheme, host, and the port unless it is the scheme's
 * default.
 */
function origin(request: LinkingRequest): string {
  const host =
    request.host || `${request.socket.localAddress ?? 'localhost'}:${request.socket.localPort ?? ''}`;
  // A trusted proxy may pass on an `X-Forwarded-Proto` of its client, so every value other than `https` means `http`.
  const scheme = request.protocol === 'https' ? 'https' : 'http';
  return `${scheme}://${host.replace(scheme === 'https' ? /:443$/ : /:80$/, '')}`;
}

/**
 * Returns the address of the API root for links, such as `http://nova.example.org/v2.1`.
 *
 * @param publicUrl the setting PUBLIC_URL, which may contain a path. It replaces the address that the client used.
 */
export function rootAddress(request: LinkingRequest, publicUrl: string | undefined): string {
  const { root } = request.nova.url;
  const base = publicUrl === undefined ? origin(request) : publicUrl.replace(/\/$/, '');
  return root === undefined ? base : `${base}/${root}`;
}

/** Joins the parts of an address with single slashes. If the last part is empty, the result ends in a slash. */
export function joinAddress(...parts: string[]): string {
  const stripped = parts.filter((part) => part !== '').map((part) => trimEnd(part.replace(/^\/+/, ''), '/'));
  return [...stripped, ...(parts.at(-1) === '' ? [''] : [])].join('/');
}

/**
 * Returns the address of the next page of a collection: the parameters of the request in alphabetical order, with a new
 * marker. Of a repeated parameter, only the last value remains.
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
 * Returns the address of another page of a list with cursors: the path and all parameters of the request, with another
 * cursor.
 */
export function cursorAddress(
  request: LinkingRequest,
  publicUrl: string | undefined,
  cursor: string,
): string {
  const { path, query } = request.nova.url;
  const parameters = [...parseQuery(query)].filter(([name]) => name !== 'cursor');
  const encoded = [...parameters, ['cursor', [cursor]] as const].flatMap(([name, values]) =>
    values.map((value) => `${quoteForm(name)}=${quoteForm(value)}`),
  );
  return `${rootAddress(request, publicUrl)}${quotePath(path)}?${encoded.join('&')}`;
}

/**
 * Returns the two addresses of an item: `self` with the version of the API, `bookmark` without it.
 *
 * @param path the path of the item below the API root
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

/**
 * Returns the caller's project id if any part of the request's URL contains that id, as Nova does. Otherwise returns
 * ''.
 */
function projectIdIn(request: LinkingRequest): string {
  const { url, context } = request.nova;
  const fullUrl = `${origin(request)}${quotePath(url.path)}?${url.query}`;
  return context?.projectId && isApi(url) && fullUrl.includes(context.projectId) ? context.projectId : '';
}

function quoteForm(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
