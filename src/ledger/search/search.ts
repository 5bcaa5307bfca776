import { inChunks } from '../../database/rows/write-rows.js';
import type { RawTime } from '../../database/rows/time.js';
import { readActions, type WantedParts } from '../actions/action-rows.js';
import type { ActionTimes, State } from '../actions/action-status.js';
import type { DatabaseInteger } from '../record/record.js';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import type { Indexed, SearchedStore } from './arm-statement.js';
import { type FoundAction, fulfills, needsEvents } from './fulfills.js';
import { indexHint } from './residual.js';
import { leadingCodes, type LeadingProjects, plan } from './plan.js';
import { scan } from './scan.js';
import type { Cursor, Position, SearchQuery } from './search-query.js';
import { timeOfSecond } from './search-row.js';

/** The parts of a search that are not conditions. */
export interface SearchOptions {
  /** The place at which the page begins. Undefined for the first page. */
  readonly cursor?: Cursor | undefined;
  /** True if the actions need their events. */
  readonly events?: boolean;
  /** False to read the tracebacks and details of events as null. */
  readonly longTexts?: boolean;
  /** The maximum number of rows to read from the indexes. */
  readonly budget?: number;
}

/** A page of a list. */
export interface FoundPage {
  /** The actions, in the order of the list. */
  readonly actions: readonly FoundAction[];
  /** The places of the next and the previous page. Undefined at the ends of the list. */
  readonly next: Cursor | undefined;
  readonly previous: Cursor | undefined;
  /** Set if the page is short although the list may have more actions: the place up to which the search has read. */
  readonly scannedTo: RawTime | undefined;
  readonly indexed: Indexed;
}

/**
 * The maximum number of rows that a search reads from the indexes for each action of a page. A limit of the duration would
 * make pages depend on the load.
 */
const ROWS_PER_ACTION = 11;

/** The number of actions for which a search of a smaller page may read rows. */
const MIN_LIMIT = 100;

type Row = { readonly id: DatabaseInteger; readonly state: State } & Readonly<
  Record<'created_at' | 'started_at' | 'finished_at' | 'updated_at', RawTime | null>
>;

/**
 * Searches the actions of the copy and of the store itself. A page may be short if the search has used its budget. Only
 * the absence of the next place means the end of the list.
 */
export async function search(
  store: SearchedStore,
  query: SearchQuery,
  options: SearchOptions = {},
): Promise<FoundPage> {
  const { cursor, events = false, longTexts = true } = options;
  const { budget = ROWS_PER_ACTION * Math.max(query.limit, MIN_LIMIT) } = options;
  const planned = plan(query, cursor, await readLeading(store, query));
  const { found, frontier, indexed } = await scan(store, query, planned, budget);
  const places = found.slice(0, query.limit);
  const end = found.length > query.limit ? places.at(-1) : frontier;
  const direction = cursor?.direction ?? 'next';
  const ahead = end && { ...end, direction };
  const back =
    cursor && placeBehind(places[0] ?? adjacentTo(cursor, planned.order === 'asc' ? 1 : -1), direction);
  const isNext = direction === 'next';
  const actions = await readPage(store, query, isNext ? places : places.toReversed(), {
    events: events || needsEvents(query),
    longTexts: events && longTexts,
  });
  return {
    actions,
    next: isNext ? ahead : back,
    previous: isNext ? back : ahead,
    scannedTo: end && actions.length < query.limit ? timeOfSecond(end.second) : undefined,
    indexed,
  };
}

/** Returns the place at which the page in the opposite direction begins. */
function placeBehind({ second, id }: Position, direction: Cursor['direction']): Cursor {
  return { second, id, direction: direction === 'next' ? 'previous' : 'next' };
}

/** Returns the place directly before or after another one. A page from there contains the action at the other place. */
function adjacentTo({ second, id }: Position, distance: 1 | -1): Position {
  return { second, id: id + distance };
}

/** Reads the projects of the wanted requests or servers, if the search is about all projects. */
async function readLeading(store: SearchedStore, query: SearchQuery): Promise<LeadingProjects | undefined> {
  const leading = leadingCodes(query);
  if (leading === undefined) return undefined;
  const { column, codes } = leading;
  const projects = new Map<number, number[]>(codes.map((code) => [code, []]));
  const hint = indexHint(`search_by_${column}`, isSqlite(store));
  const rows =
    codes.length === 0
      ? []
      : await store.query<{ code: DatabaseInteger; project: DatabaseInteger }[]>(
          `SELECT DISTINCT ${column} AS code, project FROM search_actions ${hint}
           WHERE ${column} IN (${codes.join()})`,
        );
  for (const { code, project } of rows) projects.get(Number(code))?.push(Number(project));
  return { column, codes, projects };
}

/** Reads the actions at some places, in this order. Leaves out those that do not fulfill the search any more. */
async function readPage(
  store: SearchedStore,
  query: SearchQuery,
  places: readonly Position[],
  parts: WantedParts,
): Promise<FoundAction[]> {
  const ids = places.map(({ id }) => id);
  const hint = indexHint('search_by_id', isSqlite(store));
  const [rows, actions] = await Promise.all([
    inChunks(ids, (chunk, marks) =>
      store.query<Row[]>(
        // Without the index, MariaDB would read a small table completely.
        `SELECT id, state, created_at, started_at, finished_at, updated_at
         FROM search_actions ${hint} WHERE id IN (${marks})`,
        chunk,
      ),
    ),
    readActions(store, ids, parts),
  ]);
  const found = new Map(rows.map((row) => [Number(row.id), row]));
  return ids.flatMap((id) => {
    const [row, full] = [found.get(id), actions.get(id)];
    const action = row && full && { full, state: row.state, ...timesOf(row) };
    return action !== undefined && fulfills(query, action) ? [action] : [];
  });
}

function timesOf(row: Row): ActionTimes {
  return {
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    updatedAt: row.updated_at,
  };
}
