import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { readActions } from '../../src/ledger/actions/action-rows.js';
import { State } from '../../src/ledger/actions/action-status.js';
import { searchRow } from '../../src/ledger/search/search-row.js';
import type { Cursor, SearchQuery } from '../../src/ledger/search/search-query.js';
import { type FoundPage, search } from '../../src/ledger/search/search.js';
import { writeSearchRows } from '../../src/ledger/search/write-search-rows.js';
import { insertRows } from '../../src/database/rows/write-rows.js';
import { ACTION_COLUMNS } from '../../src/ledger/record/nova-rows.js';
import { generateLog, NOW } from '../support/action-log/generated-log.js';
import { novaAction } from '../support/ledger/entries.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { asReference, randomSearch } from '../support/action-log/random-searches.js';
import { type ReferenceAction, referenceAction, referenceList } from '../support/action-log/reference.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { Random, testSeed } from '../support/random.js';

/** The number of random searches. The test follows one in 80 from its first page to its last one, and back. */
const SEARCHES = 5_000;
const WALKED = 80;

/** The number of searches that run at the same time: MariaDB then uses several connections. */
const AT_ONCE = 4;

const seed = testSeed('the search');
const log = generateLog(seed);
const actions = log.actions.filter(({ isShown }) => isShown).map(referenceAction);

/** The whole lists of the searches that have run on another database, by the number of the search. */
const lists = new Map<number, readonly ReferenceAction[]>();

/** Returns a page in the form of the reference. Each action is one text: Jest compares texts much faster than lists. */
function summaryOf({ actions: found }: FoundPage): string[] {
  return found.map(({ full, state, createdAt, startedAt, finishedAt, updatedAt }) =>
    [full.copyId, State[state], createdAt, startedAt, finishedAt, updatedAt].join(),
  );
}

function expected(list: readonly ReferenceAction[]): string[] {
  return list.map(({ id, state, created_at, started_at, finished_at, updated_at }) =>
    [id, state, created_at, started_at, finished_at, updated_at].join(),
  );
}

describe.each(storeKinds)('the search on %s', (_kind, create) => {
  let source: DataSource;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
    await insertIndexedLog(source, log);
  });

  /** Reads a whole list, page by page, in one direction. */
  async function follow(
    query: SearchQuery,
    budget: number | undefined,
    direction: Cursor['direction'],
    from?: Cursor,
  ): Promise<{ readonly pages: FoundPage[]; readonly items: string[] }> {
    const pages: FoundPage[] = [];
    for (let cursor: Cursor | undefined = from; pages.length === 0 || cursor !== undefined;) {
      const page: FoundPage = await search(source, query, {
        cursor,
        ...(budget !== undefined && { budget }),
      });
      expect(page.actions.length).toBeLessThanOrEqual(query.limit);
      expect(page.scannedTo === undefined).toBe(
        page[direction] === undefined || page.actions.length === query.limit,
      );
      pages.push(page);
      cursor = page[direction];
    }
    const inOrder = direction === 'next' ? pages : pages.toReversed();
    return { pages, items: inOrder.flatMap(summaryOf) };
  }

  /** Checks one page of a search, at a random place. */
  async function checkPage(
    query: SearchQuery,
    random: Random,
    list: readonly ReferenceAction[],
  ): Promise<void> {
    const index = random.int(0, list.length);
    const place = list[index];
    const cursor =
      place && random.chance(0.7)
        ? { second: place.second, id: place.id, direction: random.pick(['next', 'previous'] as const) }
        : undefined;
    const page = await search(source, query, { cursor });
    const rest =
      cursor === undefined
        ? list
        : cursor.direction === 'next'
          ? list.slice(index + 1)
          : list.slice(0, index).reverse();
    const ahead = cursor?.direction === 'previous' ? page.previous : page.next;
    const { length } = page.actions;
    const items = expected(rest.slice(0, length));
    expect(summaryOf(page)).toEqual(cursor?.direction === 'previous' ? items.reverse() : items);
    // A page is short only if the search has used its budget, and the last page is never followed by another action.
    if (length < query.limit) expect(page.scannedTo === undefined).toBe(ahead === undefined);
    if (ahead === undefined) expect(length).toBe(rest.length);
  }

  /** Reads a list from its first page to the last one, and back. */
  async function checkWalk(
    query: SearchQuery,
    random: Random,
    of: readonly ReferenceAction[],
  ): Promise<void> {
    const list = expected(of);
    const limit = Math.max(query.limit, Math.ceil(list.length / 8));
    const budget = random.chance(0.5) ? undefined : random.int(2 * limit, 4 * limit);
    const there = await follow({ ...query, limit }, budget, 'next');
    expect(there.items).toEqual(list);
    const last = there.pages.at(-1)?.previous;
    if (last === undefined) return;
    const back = await follow({ ...query, limit }, budget, 'previous', last);
    expect([...back.items, ...summaryOf(there.pages.at(-1) as FoundPage)]).toEqual(list);
  }

  it(`returns the same actions as the rows for ${SEARCHES} random searches, page by page and back`, async () => {
    const checks = Array.from({ length: SEARCHES }, (_value, index) => async (): Promise<void> => {
      const random = new Random(seed * SEARCHES + index);
      const query = randomSearch(random, actions);
      const list = lists.get(index) ?? referenceList(actions, asReference(query));
      lists.set(index, list);
      try {
        await (index % WALKED === 0 ? checkWalk : checkPage)(query, random, list);
      } catch (error) {
        throw new Error(`search ${index} with TEST_SEED=${seed}: ${JSON.stringify(query)}`, { cause: error });
      }
    });
    const run = async (): Promise<void> => {
      for (let check = checks.pop(); check !== undefined; check = checks.pop()) await check();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, run));
  });

  it('shows each action once and in order while other actions are inserted between the pages', async () => {
    const random = new Random(seed);
    for (const sort of ['asc', 'desc'] as const) {
      const query: SearchQuery = { scope: { all: true }, conditions: [], sort, limit: 300, now: NOW };
      const list = expected(referenceList(actions, asReference(query)));
      const shown: string[] = [];
      for (let cursor: Cursor | undefined | null = null; cursor !== undefined;) {
        const page: FoundPage = await search(source, query, { cursor: cursor ?? undefined });
        shown.push(...summaryOf(page));
        cursor = page.next;
        // Each inserted action has the same time as another one.
        await insertAction(random.pick(actions).of.action.created_at);
      }
      const before = new Set(list);
      expect(shown.filter((item) => before.has(item))).toEqual(list);
      expect(new Set(shown).size).toBe(shown.length);
    }
  });

  /** Inserts an action of the store itself, and its search row. */
  async function insertAction(createdAt: string | null): Promise<void> {
    const inserted = { ...novaAction(0, { created_at: createdAt, start_time: createdAt }), id: null };
    await source.transaction(async (manager) => {
      await insertRows(manager, 'instance_actions', ACTION_COLUMNS, [
        ACTION_COLUMNS.map((column) => inserted[column]),
      ]);
      const [row] = await manager.query<{ id: number | string }[]>(
        'SELECT MAX(id) AS id FROM instance_actions',
      );
      const read = await readActions(manager, [Number(row?.id)], { events: true });
      await writeSearchRows(
        manager,
        [...read].map(([id, action]) => searchRow(id, action, 0)),
      );
    });
  }
});
