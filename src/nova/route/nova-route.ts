import type { JoinedLookup } from '../../database/rows/lookup.js';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access, ViewPolicies } from '../policy/access.js';
import type { Policy } from '../policy/policy.js';
import type { QueryClass } from '../query/query-parameter.js';
import type { QuerySteps } from '../query/query-steps.js';
import type { SchemaObject } from '../schema/fields.js';
import type { ApiScope, View, ViewScope } from '../view/view.js';

/** A policy, and which requests need it. */
export interface ConditionalPolicy {
  readonly policy: Policy;
  /** @param query as the handler gets it, so the method may name its type */
  when(caller: RequestContext, query: object): boolean;
}

/** Rows of a server that its guard reads in the same query as the server. */
export interface RoutePrefetch {
  /**
   * Reads what the caller may see, as the handler will ask for it; the same access and version give the same object. Its
   * key begins with the server's UUID; its rows have an `id`.
   */
  readonly lookup: (access: Access, version: Microversion) => JoinedLookup;
  /** The parameters of the path whose values are the rest of the key. */
  readonly by: readonly string[];
}

interface CommonDeclaration<Result, Scope> extends ViewPolicies {
  readonly summary: string;
  readonly description: string;
  /** What each parameter of the path stands for, but for the server's id. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Values of these parameters, with which the documentation's page fills its form. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The hard policy: without it the answer is 403. */
  readonly policy: Policy;
  /** Further hard policies, which only some requests need. */
  readonly alsoNeeds?: readonly ConditionalPolicy[];
  readonly view: View<Result, Scope>;
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}

/** The declaration of an API route, at any path: its policy, query, view and response. */
export interface ApiRouteDeclaration<Result> extends CommonDeclaration<Result, ApiScope> {
  /** The class with the parameters of the query; without a class the query has none. */
  readonly query?: QueryClass;
}

/** The same for a route of Nova's API, which changes with the microversion and may be about a server. */
export interface NovaRouteDeclaration<Result> extends CommonDeclaration<Result, ViewScope> {
  /** The microversion that added the route; in older ones the answer is 404. */
  readonly from?: Microversion;
  readonly query: QuerySteps;
  /** The microversion from which a deleted server still counts as one. */
  readonly deletedServersFrom?: Microversion;
  readonly prefetch?: RoutePrefetch;
}

/** Either declaration, as the guards and the interceptor read it. */
export type RouteDeclaration = CommonDeclaration<unknown, ViewScope> &
  Partial<Omit<NovaRouteDeclaration<unknown>, keyof CommonDeclaration<unknown, ViewScope> | 'query'>> & {
    readonly query?: QuerySteps | QueryClass;
  };
