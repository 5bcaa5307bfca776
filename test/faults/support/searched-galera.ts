import { expect } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { readActions } from '../../../src/ledger/actions/action-rows.js';
import { search } from '../../../src/ledger/search/search.js';
import type { Cursor } from '../../../src/ledger/search/search-query.js';
import { searchRow } from '../../../src/ledger/search/search-row.js';
import { writeSearchRows } from '../../../src/ledger/search/write-search-rows.js';
import { generateLog } from '../../support/action-log/generated-log.js';
import { insertLog } from '../../support/action-log/insert-log.js';
import { asReference, randomSearch } from '../../support/action-log/random-searches.js';
import { referenceAction, referenceList } from '../../support/action-log/reference.js';
import { ownStore } from '../../support/databases/own-store.js';
import { Random } from '../../support/random.js';

/** The number of actions in the log. */
const ACTIONS = 1_000;

/**
 * Fills a store on the first node with a generated log. Then sends random searches to all nodes at the same time, and
 * compares each whole list with the same list computed from the rows.
 *
 * @param urls the URLs of the store, one for each node
 * @param searches the number of searches on each node
 */
export async function expectEqualSearches(
  urls: readonly string[],
  searches: number,
  seed: number,
): Promise<void> {
  const sources = await Promise.all(urls.map((url) => ownStore(url).initialize()));
  const log = generateLog(seed, ACTIONS);
  const actions = log.actions.filter(({ isShown }) => isShown).map(referenceAction);
  await fill(
    sources[0] as DataSource,
    log,
    actions.map(({ id }) => id),
  );
  await Promise.all(
    sources.map(async (source, node) => {
      // With this setting, the node first applies all transactions that other nodes have committed.
      await source.query('SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1');
      const random = new Random(seed + node);
      for (let sent = 0; sent < searches; sent += 1) {
        const query = randomSearch(random, actions);
        const expected = referenceList(actions, asReference(query)).map(({ id }) => id);
        const limit = Math.max(query.limit, Math.ceil(expected.length / 4));
        const found: number[] = [];
        let cursor: Cursor | undefined;
        do {
          const page = await search(source, { ...query, limit }, { cursor });
          found.push(...page.actions.map(({ full }) => full.copyId));
          cursor = page.next;
        } while (cursor !== undefined);
        expect([query, found]).toEqual([query, expected]);
      }
    }),
  );
  await Promise.all(sources.map((source) => source.destroy()));
}

async function fill(
  source: DataSource,
  log: ReturnType<typeof generateLog>,
  ids: readonly number[],
): Promise<void> {
  await source.runMigrations();
  await insertLog(source, log);
  const read = await readActions(source, ids, { events: true });
  const rows = [...read].map(([id, action]) => searchRow(id, action, action.position ?? 0));
  await source.transaction((manager) => writeSearchRows(manager, rows));
}
