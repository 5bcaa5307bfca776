import { validateSync } from 'class-validator';
import { LRUCache } from 'lru-cache';
import { BadRequest } from '../fault/faults.js';
import { Microversion, NEWEST, OLDEST } from '../microversion/microversion.js';
import { parseQuery, type QueryValues } from './parse-query.js';
import { type QueryClass, queryParameters } from './query-parameter.js';
import { pythonRepr } from '../python/repr.js';

/** The query of a route from one microversion to another; without `to`, up to the newest. */
export interface QueryStep {
  readonly from: string;
  readonly to?: string;
  /** The class that names the parameters, or `anything`: every query is accepted and none is read. */
  readonly accepts: QueryClass | 'anything';
  /** What becomes of a query that holds others, too: it is refused, unless they are not looked at. */
  readonly others?: 'ignored';
}

type Accepted = Pick<QueryStep, 'accepts' | 'others'>;

interface Step extends Accepted {
  readonly from: Microversion;
  readonly to: Microversion;
  /** Queries, as they were sent, that were found good, with what they say: it depends on nothing else. */
  readonly good: LRUCache<string, QueryParameters>;
}

/** How many good queries each step remembers, and how long one may be: programs send the same ones again and again. */
const REMEMBERED = 500;
const LONGEST_REMEMBERED = 200;

export type QueryParameters = Readonly<Record<string, string>>;

/** The queries that a route accepts, one step after the other over all microversions. */
export class QuerySteps {
  private readonly steps: readonly Step[];

  /** @throws Error for a gap, an overlap, or versions that are not covered */
  constructor(...steps: QueryStep[]) {
    this.steps = steps.map(({ from, to, ...accepted }) => ({
      ...accepted,
      from: version(from),
      to: to === undefined ? NEWEST : version(to),
      good: new LRUCache({ max: REMEMBERED }),
    }));
    let next = OLDEST;
    for (const { from, to } of this.steps) {
      if (from.compare(next) !== 0)
        throw new Error(`a query step begins at ${from}, but ${next} is the next`);
      if (!to.atLeast(from)) throw new Error(`a query step ends at ${to}, before it begins at ${from}`);
      next = Microversion.of(to.major, to.minor + 1);
    }
    if (NEWEST.atLeast(next)) throw new Error(`no query step covers ${next}`);
  }

  /**
   * Checks a query as it was sent.
   *
   * @returns the parameters, each with one value: the last, where there may be several
   * @throws BadRequest as `checkQuery`
   */
  read(requested: Microversion, query: string): QueryParameters {
    const step = this.at(requested);
    let parameters = step.good.get(query);
    if (parameters === undefined) {
      parameters = Object.freeze(checkQuery(step, parseQuery(query)));
      if (query.length <= LONGEST_REMEMBERED) step.good.set(query, parameters);
    }
    return parameters;
  }

  /** @throws Error for a version above the newest, which negotiation refuses */
  at(requested: Microversion): Step {
    const step = this.steps.find(({ to }) => to.atLeast(requested));
    if (step === undefined) throw new Error(`no query step covers ${requested}`);
    return step;
  }

  /** All steps that name their parameters, for the documentation. */
  get classes(): readonly QueryClass[] {
    return this.steps.flatMap(({ accepts }) => (accepts === 'anything' ? [] : [accepts]));
  }
}

/** A query without parameters. */
export class NoParameters {}

/** The query of most routes that read none: it may hold anything, and from 2.102 on nothing. */
export const NO_QUERY = new QuerySteps(
  { from: '2.1', to: '2.101', accepts: 'anything' },
  { from: '2.102', accepts: NoParameters },
);

const NO_PARAMETERS: QueryParameters = {};

/**
 * Checks a query against what a step accepts.
 *
 * @returns the parameters, each with one value: the last, where there may be several
 * @throws BadRequest with Nova's message about the first thing that is wrong: the parameters in the order of
 *   their declaration, then all unknown ones together
 */
export function checkQuery({ accepts, others }: Accepted, values: QueryValues): QueryParameters {
  if (accepts === 'anything' || values.size === 0) return NO_PARAMETERS;
  const declared = [...queryParameters(accepts).keys()];
  const query = Object.assign(
    new accepts(),
    Object.fromEntries(declared.flatMap((name) => (values.has(name) ? [[name, values.get(name)]] : []))),
  );
  const errors = validateSync(query, { forbidUnknownValues: false });
  for (const name of declared) {
    const problem = errors.find(({ property }) => property === name)?.constraints?.['queryParameter'];
    if (problem !== undefined) throw new BadRequest(`Invalid input for query parameters ${name}. ${problem}`);
  }
  const unknown = [...values.keys()].filter((name) => !declared.includes(name)).sort();
  if (unknown.length > 0 && others !== 'ignored') {
    const names = unknown.map(pythonRepr).join(', ');
    const verb = unknown.length === 1 ? 'was' : 'were';
    throw new BadRequest(`Additional properties are not allowed (${names} ${verb} unexpected)`);
  }
  const known = declared.flatMap((name) => {
    const text = values.get(name)?.at(-1);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(known);
}

function version(text: string): Microversion {
  const parsed = Microversion.parse(text);
  if (parsed === undefined) throw new Error(`${text} is no microversion`);
  return parsed;
}
