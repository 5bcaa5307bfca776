import type { JoinedLookup } from '../../database/rows/lookup.js';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access, SoftPolicies } from '../policy/access.js';
import type { Policy } from '../policy/policy.js';
import type { QuerySteps } from '../query/query-steps.js';
import type { SchemaObject } from '../schema/fields.js';
import type { NovaView } from '../view/view.js';

/** A policy, and which requests need it. */
export interface ConditionalPolicy {
  readonly policy: Policy;
  /** @param query as the handler gets it, so the method may name its type */
  when(caller: RequestContext, query: object): boolean;
}

/** Rows that belong to a server, for the values of parameters of the path. */
export interface CompanionLookup {
  /**
   * Reads what the caller may see, as the handler will ask for it; the same access and version give the same object. Its
   * key begins with the server's UUID; its rows have an `id`.
   */
  readonly lookup: (access: Access, version: Microversion) => JoinedLookup;
  /** The parameters whose values are the rest of the key. */
  readonly by: readonly string[];
}

/** All that makes a route one of Nova's, in one place: who may, what may be asked, what is answered. */
export interface NovaRouteDeclaration<Result> extends SoftPolicies {
  readonly summary: string;
  readonly description: string;
  /** What each parameter of the path stands for, but for the server's id. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Values of these parameters, with which the documentation's page fills its form. */
  readonly examples?: Readonly<Record<string, string>>;
  /** The microversion with which the route came; in older ones it is not there. */
  readonly from?: Microversion;
  readonly query: QuerySteps;
  /** The hard policy: without it the answer is 403. */
  readonly policy: Policy;
  /** Further hard policies, which only some requests need. */
  readonly alsoNeeds?: readonly ConditionalPolicy[];
  /** The microversion from which a deleted server still counts as one. */
  readonly deletedServersFrom?: Microversion;
  /** What the handler will ask `Server.load` for: it is asked for in the same question as the server itself. */
  readonly withServer?: CompanionLookup;
  readonly view: NovaView<Result>;
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}
