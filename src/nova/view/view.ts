import type { Access } from '../policy/access.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Server } from '../servers/server.js';

/** A link as it stands in an answer. */
export interface Link {
  readonly rel: 'next' | 'self' | 'bookmark';
  readonly href: string;
}

/** What a view may know beside the result that it renders. */
export interface ApiScope {
  readonly access: Access;
  /** The link to the next page of a collection, as it stands in a list of links. */
  nextPage(collection: string, marker: string): Link;
}

/** The input of a view of a route of Nova, beside the result. */
export interface ViewScope extends ApiScope {
  readonly version: Microversion;
  /** The server that the URL names; only on routes about one. A view cannot query its database. */
  readonly server: Pick<Server, 'uuid' | 'urlId' | 'projectId'>;
  /** The links to an item, by its path below the root. */
  itemLinks(path: string): Link[];
}

/**
 * Renders a result for the wire: a pure function that names every field it lets through, so that no other
 * field can reach a caller.
 */
export type Render<Result, Scope = ViewScope> = (result: Result, scope: Scope) => object & NoPromise;

/** JSON of a promise is `{}`, so a view must not be asynchronous. */
interface NoPromise {
  readonly then?: never;
}

/** A result's two faces: the tenant's and the operator's. */
export interface View<Result, Scope> {
  readonly external: Render<Result, Scope>;
  readonly internal: Render<Result, Scope>;
}

/** The view of a route of Nova. */
export type NovaView<Result> = View<Result, ViewScope>;

/** What is the same to a tenant and to an operator: a view, or the schema of its answers. */
export function sameForBothViews<Face>(face: Face): { readonly external: Face; readonly internal: Face } {
  return { external: face, internal: face };
}
