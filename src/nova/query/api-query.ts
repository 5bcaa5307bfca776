import { LRUCache } from 'lru-cache';
import { type RequestProblem, ValidationFailed } from '../fault/validation-failed.js';
import { parseQuery, type QueryValues } from '../url/parse-query.js';
import { kindOf, type QueryClass, queryParameters } from './query-parameter.js';

/** The maximum number of cached queries of each route, and the maximum length of a cached query string. */
const MAX_CACHED_QUERIES = 500;
const MAX_CACHED_LENGTH = 400;

const caches = new WeakMap<QueryClass, LRUCache<string, object>>();

/**
 * Checks and parses the query of an `ApiRoute`.
 *
 * @param query the query string
 * @returns a frozen instance of the class. Later requests with the same query string get the same object.
 * @throws ValidationFailed with all problems of the query; BadRequest if the query is not UTF-8
 */
export function readApiQuery(accepts: QueryClass, query: string): object {
  const cache = caches.get(accepts) ?? new LRUCache<string, object>({ max: MAX_CACHED_QUERIES });
  caches.set(accepts, cache);
  let parsed = cache.get(query);
  if (parsed === undefined) {
    parsed = Object.freeze(parse(accepts, parseQuery(query)));
    if (query.length <= MAX_CACHED_LENGTH) cache.set(query, parsed);
  }
  return parsed;
}

/** Returns the problem of a text; Nova's message quotes values and lists as Python prints them. */
function problemOf({ problem, expected }: ReturnType<typeof kindOf>, text: string): string | undefined {
  const novas = problem(text);
  return novas === undefined || expected === undefined ? novas : `'${text}' is not ${expected}`;
}

function parse(accepts: QueryClass, values: QueryValues): object {
  const declared = queryParameters(accepts);
  const problems: RequestProblem[] = [];
  const parsed: [name: string, value: unknown][] = [];
  for (const [parameter, texts] of values) {
    const info = declared.get(parameter);
    if (info === undefined) {
      problems.push({ parameter, detail: 'the request has no such parameter' });
      continue;
    }
    const kind = kindOf(info);
    const invalid = texts.flatMap((text) => problemOf(kind, text) ?? []);
    problems.push(...invalid.map((detail) => ({ parameter, detail })));
    if (texts.length > 1 && info.repeatable !== true)
      problems.push({ parameter, detail: 'the query must not repeat this parameter' });
    if (problems.length === 0)
      parsed.push([parameter, kind.parseAll?.(texts) ?? kind.parse(texts.at(-1) ?? '')]);
  }
  if (problems.length > 0) throw new ValidationFailed(problems);
  return Object.assign(new accepts(), Object.fromEntries(parsed));
}
