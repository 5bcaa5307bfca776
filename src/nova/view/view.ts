import type { Access } from '../policy/access.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Server } from '../servers/server.js';

/** A link in a response. */
export interface Link {
  readonly rel: 'next' | 'self' | 'bookmark';
  readonly href: string;
}

/** The data that a view may use, besides the result that it renders. */
export interface ApiScope {
  readonly access: Access;
  /** Returns the link to the next page of a collection. */
  nextPage(collection: string, marker: string): Link;
  /** Returns the address of another page of the list that the request reads, by the cursor of the page. */
  pageAddress(cursor: string): string;
}

/** The data that the view of a `NovaRoute` may use, besides the result that it renders. */
export interface ViewScope extends ApiScope {
  readonly version: Microversion;
  /** The server that the URL names, if the resource has such a server. A view cannot query its database. */
  readonly server: Pick<Server, 'uuid' | 'urlId' | 'projectId'>;
  /** Returns the links to an item. @param path the path of the item below the API root */
  itemLinks(path: string): Link[];
}

/**
 * A pure function that renders a result as the body of a response. It names every field, so that no other field can
 * reach a caller.
 */
export type Render<Result, Scope = ViewScope> = (result: Result, scope: Scope) => object & NoPromise;

/** An object that is not a promise. The JSON of a promise is `{}`, so a view cannot be asynchronous. */
interface NoPromise {
  readonly then?: never;
}

/** The two functions that render a result: `external` for tenants, and `internal` for operators. */
export interface View<Result, Scope> {
  readonly external: Render<Result, Scope>;
  readonly internal: Render<Result, Scope>;
}

/** The view of a `NovaRoute`. */
export type NovaView<Result> = View<Result, ViewScope>;

/** Uses one function, or one response schema, for both the external and the internal view. */
export function sameForBothViews<Part>(part: Part): { readonly external: Part; readonly internal: Part } {
  return { external: part, internal: part };
}
