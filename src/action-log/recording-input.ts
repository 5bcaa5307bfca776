import { type RawTime, sortableTime } from '../database/rows/time.js';
import { type NewAction, type NewEvent, startOf } from '../instance-actions/written-action.js';
import { canonicalJson, fingerprint } from '../ledger/record/entry-body.js';
import { freshTimes } from '../ledger/actions/action-status.js';
import { secondOf } from '../ledger/search/search-row.js';
import { type RequestProblem, ValidationFailed } from '../nova/fault/validation-failed.js';
import { parseZonedTime } from '../nova/query/iso-time.js';
import type { NewActionsBody, NewEventsBody } from './recording.body.js';

/** The maximum length of a text in the store, and of an id that a service chooses; both in bytes. */
const MAX_TEXT_LENGTH = 65_535;
const MAX_EXTERNAL_ID_LENGTH = 512;

/** Matches characters that a database may change: NUL, and half of a surrogate pair. */
export const BROKEN_TEXT = /[\0\p{Surrogate}]/u;

/** The prefix of ids that result from the header `Idempotency-Key`. */
const KEY_PREFIX = 'key:';

const TIMES: ReadonlySet<string> = new Set([
  ...['created_at', 'started_at', 'finished_at', 'updated_at', 'start_time', 'finish_time'],
  ...['launched_at', 'deleted_at'],
]);

/** The JSON pointer of a value in a body, and the list to which the problems of the value are added. */
interface Place {
  readonly pointer: string;
  readonly problems: RequestProblem[];
}

/**
 * Returns the actions in a checked body.
 *
 * @param key the header `Idempotency-Key`; it identifies the actions that have no id of their own
 * @param now the time of the request
 * @throws ValidationFailed with all problems that the schema of the body cannot describe
 */
export function newActions({ actions }: NewActionsBody, key: string | undefined, now: RawTime): NewAction[] {
  return withProblems((problems) => {
    const stored = storedValue(actions, { pointer: '/actions', problems }, now) as readonly NewAction[];
    const identified = withIds(stored, key, { pointer: '/actions', problems });
    for (const [index, action] of identified.entries()) {
      const pointer = `/actions/${index}`;
      const { finished_at: end, status, started_at: start, created_at: begin = now, events = [] } = action;
      if (end !== undefined && status === undefined)
        problems.push({ pointer: `${pointer}/status`, detail: 'the property is required with finished_at' });
      const finish = end ?? (status && now);
      checkOrder(startOf(start, begin, finish), finish, { pointer: `${pointer}/finished_at`, problems });
      const place = { pointer: `${pointer}/events`, problems };
      checkIds(events, place);
      checkEvents(events, now, place);
    }
    return identified;
  });
}

/** Returns the events in a checked body. @see newActions */
export function newEvents({ events }: NewEventsBody, key: string | undefined, now: RawTime): NewEvent[] {
  return withProblems((problems) => {
    const place = { pointer: '/events', problems };
    const identified = withIds(storedValue(events, place, now) as readonly NewEvent[], key, place);
    checkEvents(identified, now, place);
    return identified;
  });
}

/**
 * Returns a checked body as the store has it.
 *
 * @param now the time of the request; undefined if times may be in the future
 * @throws as `newActions`
 */
export function storedBody<Body extends object>(body: Body, now?: RawTime): Body {
  return withProblems((problems) => storedValue({ ...body }, { pointer: '', problems }, now) as Body);
}

function withProblems<Result>(read: (problems: RequestProblem[]) => Result): Result {
  const problems: RequestProblem[] = [];
  const result = read(problems);
  if (problems.length > 0) throw new ValidationFailed(problems);
  return result;
}

/** A walk through a body. It makes the text of a pointer only for a problem. */
interface Walk extends Place {
  /** The names of the parts from the place to the current value. */
  readonly parts: string[];
  /** The latest time that the body may have. */
  readonly latest: RawTime | undefined;
}

/** Returns a value with times in the format of the store. Adds the problems of its texts and times. */
function storedValue(value: unknown, place: Place, now: RawTime | undefined): unknown {
  return stored(value, '', { ...place, parts: [], latest: now && freshTimes(now).to });
}

function stored(value: unknown, name: string, walk: Walk): unknown {
  if (typeof value === 'string') return TIMES.has(name) ? storedTime(value, walk) : storedText(value, walk);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => storedPart(item, String(index), walk));
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = storedPart(inner, key, walk);
  return copy;
}

function storedPart(value: unknown, name: string, walk: Walk): unknown {
  walk.parts.push(name);
  const part = stored(value, name, walk);
  walk.parts.pop();
  return part;
}

function addProblem({ pointer, parts, problems }: Walk, detail: string): void {
  problems.push({ pointer: [pointer, ...parts].join('/'), detail });
}

function storedTime(text: string, walk: Walk): RawTime {
  const time = parseZonedTime(text) ?? '';
  // The search finds actions by the second of their creation, a positive integer of 32 bits.
  if (secondOf(time) === 0)
    addProblem(walk, 'the time is not between 1970-01-01T00:00:01Z and 2106-02-07T06:28:15Z');
  else if (walk.latest !== undefined && sortableTime(time) > sortableTime(walk.latest))
    addProblem(walk, 'the time is more than an hour in the future');
  return time;
}

function storedText(text: string, walk: Walk): string {
  if (BROKEN_TEXT.test(text)) addProblem(walk, 'the text contains NUL or half of a character');
  if (Buffer.byteLength(text) > MAX_TEXT_LENGTH)
    addProblem(walk, `the text has more than ${MAX_TEXT_LENGTH} bytes`);
  return text;
}

/**
 * Returns the items of a request with their ids. With a key, the content of the whole request belongs to the id of each
 * item. Adds the problems of the ids.
 */
function withIds<Item extends NewAction | NewEvent>(
  items: readonly Item[],
  key: string | undefined,
  place: Place,
): Item[] {
  checkIds(items, place);
  if (key === undefined) return [...items];
  const request = fingerprint(canonicalJson(items));
  return items.map((item, index) => {
    if (item.external_id !== undefined)
      place.problems.push({
        pointer: `${place.pointer}/${index}/external_id`,
        detail: 'the request has the header Idempotency-Key instead of this property',
      });
    return { ...item, external_id: `${KEY_PREFIX}${key}/${index}`, request };
  });
}

/** Adds the problems of the ids that the service has chosen, except those about the header. */
function checkIds(items: readonly { readonly external_id?: string | undefined }[], place: Place): void {
  const ids = items.map(({ external_id: id }) => id);
  for (const [index, id] of ids.entries()) {
    if (id === undefined) continue;
    const pointer = `${place.pointer}/${index}/external_id`;
    if (Buffer.byteLength(id) > MAX_EXTERNAL_ID_LENGTH)
      place.problems.push({ pointer, detail: `the id has more than ${MAX_EXTERNAL_ID_LENGTH} bytes` });
    if (ids.indexOf(id) < index)
      place.problems.push({ pointer, detail: 'the id occurs twice in the request' });
  }
}

function checkEvents(events: readonly NewEvent[], now: RawTime, place: Place): void {
  for (const [index, { start_time: start, finish_time: end, result }] of events.entries()) {
    const pointer = `${place.pointer}/${index}`;
    if (end !== undefined && result === undefined)
      place.problems.push({
        pointer: `${pointer}/result`,
        detail: 'the property is required with finish_time',
      });
    const finish = end ?? (result && now);
    checkOrder(startOf(start, now, finish), finish, { ...place, pointer: `${pointer}/finish_time` });
  }
}

function checkOrder(start: RawTime, end: RawTime | undefined, { pointer, problems }: Place): void {
  if (end !== undefined && sortableTime(end) < sortableTime(start))
    problems.push({ pointer, detail: 'the end, by default the current time, is before the start' });
}
