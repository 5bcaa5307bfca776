import { validateSync } from 'class-validator';
import { LRUCache } from 'lru-cache';
import { BadRequest } from '../fault/faults.js';
import { Microversion, NEWEST_MICROVERSION, OLDEST_MICROVERSION } from '../microversion/microversion.js';
import { parseQuery, type QueryValues } from '../url/parse-query.js';
import { kindOf, type QueryClass, queryParameters } from './query-parameter.js';
import { pythonRepr } from '../python/repr.js';

interface AcceptedQuery<Query extends object = object> {
  /** Names the parameters. */
  readonly accepts: QueryClass<Query>;
  /** What happens to a query with other parameters: by default it is rejected. */
  readonly unknownParameters?: 'reject' | 'ignore';
}

/** The query of a route from one microversion to another; without `to`, up to the newest. */
export interface QueryStep extends AcceptedQuery {
  readonly from: string;
  readonly to?: string;
}

interface Step extends AcceptedQuery {
  readonly from: Microversion;
  readonly to: Microversion;
  /** The values of valid query strings. */
  readonly cache: LRUCache<string, object>;
}

/** How many query strings each step caches, and how long one may be: programs send the same ones again and again. */
const MAX_CACHED_QUERIES = 500;
const MAX_CACHED_LENGTH = 200;

/** The queries that a route accepts, one step after the other over all microversions. */
export class QuerySteps {
  private readonly steps: readonly Step[];

  /** @throws Error for a gap, an overlap, or versions that are not covered */
  constructor(...steps: QueryStep[]) {
    this.steps = steps.map(({ from, to, ...accepted }) => ({
      ...accepted,
      from: version(from),
      to: to === undefined ? NEWEST_MICROVERSION : version(to),
      cache: new LRUCache({ max: MAX_CACHED_QUERIES }),
    }));
    let next = OLDEST_MICROVERSION;
    for (const { from, to } of this.steps) {
      if (from.compare(next) !== 0)
        throw new Error(`a query step begins at ${from}, but ${next} is the next`);
      if (!to.atLeast(from)) throw new Error(`a query step ends at ${to}, before it begins at ${from}`);
      next = Microversion.of(to.major, to.minor + 1);
    }
    if (NEWEST_MICROVERSION.atLeast(next)) throw new Error(`no query step covers ${next}`);
  }

  /**
   * Checks a query string by the step of a microversion.
   *
   * @returns an instance of the step's class; the same string may get the same, frozen instance
   * @throws BadRequest as `checkQuery`
   */
  read(requested: Microversion, query: string): object {
    const step = this.at(requested);
    let checked = step.cache.get(query);
    if (checked === undefined) {
      checked = Object.freeze(checkQuery(step, parseQuery(query)));
      if (query.length <= MAX_CACHED_LENGTH) step.cache.set(query, checked);
    }
    return checked;
  }

  /** @throws Error for a version above the newest, which negotiation refuses */
  at(requested: Microversion): Step {
    const step = this.steps.find(({ to }) => to.atLeast(requested));
    if (step === undefined) throw new Error(`no query step covers ${requested}`);
    return step;
  }

  /** The classes of all steps, for the documentation. */
  get classes(): readonly QueryClass[] {
    return this.steps.map(({ accepts }) => accepts);
  }
}

/** The query of a route, or of a step, that reads no parameter. */
export class NoParameters {}

/** The query of most routes that read none: until 2.101 it may have any parameters, and from 2.102 none. */
export const NO_QUERY = new QuerySteps(
  { from: '2.1', to: '2.101', accepts: NoParameters, unknownParameters: 'ignore' },
  { from: '2.102', accepts: NoParameters },
);

/**
 * Checks a query.
 *
 * @param values as `parseQuery` returns them
 * @returns an instance of the class, with the value of each parameter that the query has; of a repeated one the last
 * @throws BadRequest with Nova's message about the first problem: that of the parameters in the order of their
 *   declaration, then that of all unknown ones together
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
  const unknown = [...values.keys()].filter((name) => !declared.has(name)).sort();
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

function version(text: string): Microversion {
  const parsed = Microversion.parse(text);
  if (parsed === undefined) throw new Error(`${text} is no microversion`);
  return parsed;
}
