import type { Access } from '../policy/access.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Server } from '../servers/server.js';

/** What a view may know beside the result that it renders. */
export interface ViewScope {
  readonly access: Access;
  readonly version: Microversion;
  readonly server: Server;
  /** The address of the next page of a collection. */
  nextPage(collection: string, marker: string): string;
}

/**
 * Renders a result for the wire: a pure function that names every field it lets through, so that no other
 * field can reach a caller.
 */
export type Render<Result> = (result: Result, scope: ViewScope) => object;

/** A result's two faces: the tenant's and the operator's. */
export interface NovaView<Result> {
  readonly external: Render<Result>;
  readonly internal: Render<Result>;
}
