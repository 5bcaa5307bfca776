import type { Type } from '@nestjs/common';
import type { RequestContext } from '../../identity/request-context.js';

/** An item that a path names, such as a server group. The policies compare its project and user with the caller's. */
export interface OwnedItem {
  readonly projectId: string | null;
  readonly userId?: string | null;
}

/** Finds the items that the paths of a resource name. A module provides a class that implements it. */
export abstract class ItemFinder<Item extends OwnedItem = OwnedItem> {
  /**
   * Finds an item that is visible to the caller. It runs after the checks of the body and the query, and before the
   * policies.
   *
   * @param id the id in the URL
   * @throws NotFound with Nova's message, for an item that does not exist or is not visible
   */
  abstract find(caller: RequestContext, id: string): Promise<Item>;
}

/** The item in a route's path. */
export interface ItemSource {
  /** The path parameter that contains the id of the item. */
  readonly parameter: string;
  /** The provider that finds the item. The route's module must provide it. */
  readonly finder: Type<ItemFinder>;
  /** The id of an item of the example data. The documentation page fills its form with it. */
  readonly example?: string;
}
