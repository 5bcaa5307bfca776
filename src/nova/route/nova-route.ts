import type { JoinedLookup } from '../../database/rows/lookup.js';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access, ViewPolicies } from '../policy/access.js';
import type { Policy } from '../policy/policy.js';
import type { QueryClass } from '../query/query-parameter.js';
import type { QuerySteps } from '../query/query-steps.js';
import type { SchemaObject } from '../schema/fields.js';
import type { ApiScope, View, ViewScope } from '../view/view.js';

/** A policy that only some requests need. */
export interface ConditionalPolicy {
  readonly policy: Policy;
  /**
   * Returns true if a request needs the policy.
   *
   * @param query the checked query, an instance of the route's query class. An implementation may declare the parameter
   *   with that class
   */
  when(caller: RequestContext, query: object): boolean;
}

/** The prefetch of a route: rows of a server that the server guard reads in the same database query as the server. */
export interface RoutePrefetch {
  /**
   * Returns the lookup that the handler will use. The lookup reads only columns that the caller may see. Its key begins
   * with the server's UUID, and its rows have an `id`. For equal access and version, the function must return the same
   * object.
   */
  readonly lookup: (access: Access, version: Microversion) => JoinedLookup;
  /** The path parameters whose values follow the server's UUID in the key of the lookup. */
  readonly keyParameters: readonly string[];
}

interface CommonDeclaration<Result, Scope> extends ViewPolicies {
  readonly summary: string;
  readonly description: string;
  /**
   * The descriptions of the path parameters, by name. The server's id needs no description here, because its
   * description is always the same.
   */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Example values of the path parameters. The documentation page fills its form with them. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The policy that every request needs. A caller whom the policy denies gets 403. */
  readonly policy: Policy;
  /**
   * Further policies, each of which only some requests need. Such a request gets 403 if the policy denies its caller.
   */
  readonly alsoNeeds?: readonly ConditionalPolicy[];
  readonly view: View<Result, Scope>;
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}

/** The declaration of an API route outside Nova's API: its policy, query, view and response. */
export interface ApiRouteDeclaration<Result> extends CommonDeclaration<Result, ApiScope> {
  /** The class that declares the query parameters. Without a class, the route accepts no query parameters. */
  readonly query?: QueryClass;
}

/** The declaration of a route of Nova's API. Such a route depends on the microversion and may be about a server. */
export interface NovaRouteDeclaration<Result> extends CommonDeclaration<Result, ViewScope> {
  /** The microversion that added the route. An older microversion gets 404. */
  readonly from?: Microversion;
  readonly query: QuerySteps;
  /**
   * The first microversion in which the route also finds deleted servers. If it is not set, the route never finds
   * deleted servers.
   */
  readonly deletedServersFrom?: Microversion;
  readonly prefetch?: RoutePrefetch;
}

/** The declaration of any API route, as the guards and the interceptor read it: of a `NovaRoute` or an `ApiRoute`. */
export type RouteDeclaration = CommonDeclaration<unknown, ViewScope> &
  Partial<Omit<NovaRouteDeclaration<unknown>, keyof CommonDeclaration<unknown, ViewScope> | 'query'>> & {
    readonly query?: QuerySteps | QueryClass;
  };
