import { BadRequest } from '../fault/faults.js';
import { type Moment, parseIsoTime } from '../query/iso-time.js';
import type { QueryParameters } from '../query/query-steps.js';

/** Which part of a list is asked for. */
export interface Page {
  /** At most this many items; 0 is none. */
  readonly limit: number;
  /** The item after which the page begins, as the caller names it. */
  readonly marker: string | undefined;
}

/** The page that a checked query asks for; without a limit, or with a higher one, as much as is allowed. */
export function readPage(query: QueryParameters, maxLimit: number): Page {
  const limit = query['limit'] === undefined ? maxLimit : Math.min(Number(query['limit']), maxLimit);
  return { limit, marker: query['marker'] };
}

/** A span of time in which items changed, both ends included. */
export interface Changes {
  readonly since: Moment | undefined;
  readonly before: Moment | undefined;
}

/**
 * The span that a checked query asks for.
 *
 * @throws BadRequest when it ends before it begins
 */
export function readChanges(query: QueryParameters): Changes {
  const since = parseIsoTime(query['changes-since'] ?? '');
  const before = parseIsoTime(query['changes-before'] ?? '');
  if (since !== undefined && before !== undefined && before.microseconds < since.microseconds) {
    throw new BadRequest('The value of changes-since must be less than or equal to changes-before.');
  }
  return { since, before };
}
