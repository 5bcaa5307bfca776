import type { JoinedLookup } from '../../database/rows/lookup.js';
import type { RequestContext } from '../../identity/request-context.js';
import type { Fault } from '../fault/faults.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access, ViewPolicies } from '../policy/access.js';
import type { Policy } from '../policy/policy.js';
import type { BodyClass } from '../body/body-property.js';
import type { BodySteps } from '../body/body-steps.js';
import type { QueryClass } from '../query/query-parameter.js';
import type { QuerySteps } from '../query/query-steps.js';
import type { SchemaObject } from '../schema/fields.js';
import type { ApiScope, View, ViewScope } from '../view/view.js';
import type { ApiFeatures, ApiResponseFeatures, LineBody, ResponseLines } from './api-features.js';
import type { ItemSource } from './item-finder.js';

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

/** The documentation of a path parameter that is not just any text. */
export interface DocumentedParameter {
  readonly description: string;
  readonly schema: SchemaObject;
}

/** The part of a declaration that does not depend on the response. */
interface CommonDeclaration extends ViewPolicies {
  readonly summary: string;
  readonly description: string;
  /**
   * The descriptions of the path parameters, by name. The ids of the server and of the item need no description here,
   * because their descriptions are always the same.
   */
  readonly parameters?: Readonly<Record<string, string | DocumentedParameter>>;
  /** Example values of the path parameters. The documentation page fills its form with them. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The policy that every request needs. A caller whom the policy denies gets 403. */
  readonly policy: Policy;
  /**
   * Further policies, each of which only some requests need. Such a request gets 403 if the policy denies its caller.
   */
  readonly alsoNeeds?: readonly ConditionalPolicy[];
  /** The policies that the handler itself enforces with `Enforce`, for example because they depend on stored rows. */
  readonly laterPolicies?: readonly Policy[];
  /**
   * The values that the rules of the policies can compare with the caller's: the project (`project_id` in rules), or
   * the project and the user (`user_id`). They are those of the item or the server; for other routes, they are the
   * caller's own. The default is `project` for a route with an item or a server, and `project and user` for others.
   */
  readonly policyTarget?: 'project' | 'project and user';
  /** The item that the path names. If the item is not visible to the caller, a guard returns 404. */
  readonly item?: ItemSource;
  /** Faults of the handler with a status that most routes do not return, such as 409. The documentation lists them. */
  readonly faults?: readonly Fault[];
}

/** A response with a body. */
interface RenderedResponse<Result, Scope> {
  /** The status of a successful response. By default 200. */
  readonly status?: 200 | 201 | 202;
  readonly view: View<Result, Scope>;
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}

/** A response without a body: the handler returns nothing. */
interface EmptyResponse {
  readonly status: 202 | 204;
  readonly view?: never;
  readonly response?: never;
}

/** The input of an API route outside Nova's API. */
interface ApiInput extends ApiFeatures {
  /** The class that declares the query parameters. Without a class, the route accepts no query parameters. */
  readonly query?: QueryClass;
  /** The class that declares the properties of the body, or a body of lines. Without it, the route ignores the body. */
  readonly body?: BodyClass | LineBody;
}

/** The input of a route of Nova's API, and the part of its declaration about microversions and servers. */
interface NovaInput {
  /** The microversion that added the route. An older microversion gets 404. */
  readonly from?: Microversion;
  readonly query: QuerySteps;
  /** The classes that declare the properties of the body. Without them, the route ignores the body. */
  readonly body?: BodySteps;
  /**
   * The first microversion in which the route also finds deleted servers. If it is not set, the route never finds
   * deleted servers.
   */
  readonly deletedServersFrom?: Microversion;
  readonly prefetch?: RoutePrefetch;
  /**
   * True for a route that reads its rows from the copy of Nova's rows if Nova no longer has the server, or does not
   * respond. The route then needs `deletedServersFrom`, because such servers are deleted.
   */
  readonly answersFromCopy?: true;
  /**
   * True for a route that reads, but that only an own store serves, because Nova's databases do not contain the whole
   * response. Routes that write need no such mark.
   */
  readonly ownStoreOnly?: true;
}

/** The declaration of an API route outside Nova's API: its policy, input, view and response. */
export type ApiRouteDeclaration<Result> = CommonDeclaration &
  ApiInput &
  RenderedResponse<Result, ApiScope> &
  ApiResponseFeatures<Result>;

/** The declaration of an API route that returns lines to clients that accept only lines. */
export type LinesRouteDeclaration<Result, Line> = ApiRouteDeclaration<Result> & {
  readonly lines: ResponseLines<Line>;
};

/** The declaration of an API route outside Nova's API whose response has no body. */
export type EmptyApiRouteDeclaration = CommonDeclaration & ApiInput & EmptyResponse;

/** The declaration of a route of Nova's API. Such a route depends on the microversion and may be about a server. */
export type NovaRouteDeclaration<Result> = CommonDeclaration &
  NovaInput &
  RenderedResponse<Result, ViewScope>;

/** The declaration of a route of Nova's API whose response has no body. */
export type EmptyNovaRouteDeclaration = CommonDeclaration & NovaInput & EmptyResponse;

/**
 * The declaration of a route of Nova's API or of another API route, in the form that the guards and the interceptor
 * read.
 */
export type RouteDeclaration = CommonDeclaration &
  Partial<Omit<NovaInput, 'query' | 'body'>> &
  ApiFeatures &
  ApiResponseFeatures<unknown> & {
    readonly query?: QuerySteps | QueryClass;
    readonly body?: BodySteps | BodyClass | LineBody;
    readonly lines?: ResponseLines<unknown>;
    readonly status?: 200 | 201 | 202 | 204;
    /** Undefined for a route whose response has no body. */
    readonly view?: View<unknown, ViewScope>;
    readonly response?: RenderedResponse<unknown, ViewScope>['response'];
  };

/** The parts of a declaration that a parameter of a handler may need. */
export type NeededInput = 'body' | 'headers' | 'item' | 'laterPolicies' | 'lines';

/** Returns the status of the route's successful responses. */
export function statusOf({ status = 200 }: Pick<RouteDeclaration, 'status'>): number {
  return status;
}
