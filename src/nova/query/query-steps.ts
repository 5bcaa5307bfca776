import { validateSync } from 'class-validator';
import { LRUCache } from 'lru-cache';
import { BadRequest } from '../fault/faults.js';
import type { Microversion } from '../microversion/microversion.js';
import { type VersionRange, VersionSteps } from '../microversion/version-steps.js';
import { parseQuery, type QueryValues } from '../url/parse-query.js';
import { kindOf, type QueryClass, queryParameters } from './query-parameter.js';
import { pythonRepr, pythonSorted } from '../python/repr.js';

/** The query parameters that a route accepts. */
interface AcceptedQuery<Query extends object = object> {
  /** The class that declares the parameters. */
  readonly accepts: QueryClass<Query>;
  /** The treatment of undeclared parameters. By default, the service rejects the query. */
  readonly unknownParameters?: 'reject' | 'ignore';
}

/** A query step: the query parameters that a route accepts in a range of microversions. */
export interface QueryStep extends AcceptedQuery, VersionRange {}

interface Step extends AcceptedQuery {
  /** The cache of parsed values. Its keys are valid query strings. */
  readonly cache: LRUCache<string, object>;
}

/**
 * The maximum number of query strings whose values each step (a range of microversions) caches. Programs often repeat
 * the same queries.
 */
const MAX_CACHED_QUERIES = 500;
/** The maximum length of a cached query string, in characters. */
const MAX_CACHED_LENGTH = 200;

/**
 * The query parameters that a route accepts, by range of microversions. The ranges together cover all microversions,
 * without gaps.
 */
export class QuerySteps {
  private readonly steps: VersionSteps<Step>;

  /** @throws Error if the steps have a gap, overlap, or do not cover all versions */
  constructor(...steps: QueryStep[]) {
    this.steps = new VersionSteps(
      'query step',
      steps.map((step) => [step, { ...step, cache: new LRUCache({ max: MAX_CACHED_QUERIES }) }]),
    );
  }

  /**
   * Checks and parses a query string by the rules for a microversion.
   *
   * @returns an instance of the query class for that microversion. It is frozen, because later requests with the same
   *   query string get the same object from the cache.
   * @throws BadRequest in the same cases as `checkQuery`
   */
  read(requested: Microversion, query: string): object {
    const step = this.steps.at(requested);
    let checked = step.cache.get(query);
    if (checked === undefined) {
      checked = Object.freeze(checkQuery(step, parseQuery(query)));
      if (query.length <= MAX_CACHED_LENGTH) step.cache.set(query, checked);
    }
    return checked;
  }

  /** The classes of all steps, for the OpenAPI document. */
  get classes(): readonly QueryClass[] {
    return this.steps.all.map(({ value }) => value.accepts);
  }
}

/** The query class for routes and microversions without query parameters. */
export class NoParameters {}

const NO_VALUES = Object.freeze(new NoParameters());

/**
 * The accepted query of most routes without parameters, by microversion. Up to 2.101, Nova ignores all parameters of
 * such a route; from 2.102 it rejects them.
 */
export const NO_QUERY = new QuerySteps(
  { from: '2.1', to: '2.101', accepts: NoParameters, unknownParameters: 'ignore' },
  { from: '2.102', accepts: NoParameters },
);

/**
 * The query steps of a route for which Nova declares no query. Nova reads no parameter of such a route, in any
 * microversion. Most routes that write have no declared query.
 */
export const UNCHECKED_QUERY: QuerySteps = Object.assign(
  new QuerySteps({ from: '2.1', accepts: NoParameters, unknownParameters: 'ignore' }),
  { read: () => NO_VALUES },
);

/**
 * Checks and parses a query.
 *
 * @param values as `parseQuery` returns them
 * @returns an instance of the class, with the value of each parameter in the query. The last value of a repeated
 *   parameter is used.
 * @throws BadRequest with Nova's message about the first problem. Declared parameters are checked first, in the order
 *   of their declaration. If they are valid, one message names all undeclared parameters.
 */
export function checkQuery<Query extends object>(
  { accepts, unknownParameters = 'reject' }: AcceptedQuery<Query>,
  values: QueryValues,
): Query {
  const query = new accepts();
  if (values.size === 0) return query;
  const declared = queryParameters(accepts);
  const known = [...declared.keys()].filter((name) => values.has(name));
  Object.assign(query, Object.fromEntries(known.map((name) => [name, values.get(name)])));
  const errors = validateSync(query, { forbidUnknownValues: false });
  for (const name of known) {
    const problem = errors.find(({ property }) => property === name)?.constraints?.['queryParameter'];
    if (problem !== undefined) throw new BadRequest(`Invalid input for query parameters ${name}. ${problem}`);
  }
  const unknown = pythonSorted([...values.keys()].filter((name) => !declared.has(name)));
  if (unknown.length > 0 && unknownParameters === 'reject') {
    const names = unknown.map(pythonRepr).join(', ');
    const verb = unknown.length === 1 ? 'was' : 'were';
    throw new BadRequest(`Additional properties are not allowed (${names} ${verb} unexpected)`);
  }
  const parsed = [...declared].flatMap(([name, info]) => {
    const text = values.get(name)?.at(-1);
    return text === undefined ? [] : [[name, kindOf(info).parse(text)] as const];
  });
  return Object.assign(query, Object.fromEntries(parsed));
}
