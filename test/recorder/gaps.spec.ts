import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { answerDeadline } from '../../src/database/connection/time-limits.js';
import { Rounds } from '../../src/recorder/follow/round.js';
import { GapSearch } from '../../src/recorder/past/gap-search.js';
import { beginOrResume } from '../../src/recorder/past/begin-or-resume.js';
import { PastReader } from '../../src/recorder/past/past-reader.js';
import { readRanges } from '../../src/recorder/past/ranges.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { insertActions, insertServer, serverUuid } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';

let cells: PastCells;
const keep = closeAfterAll();

beforeAll(async () => {
  cells = keep(await PastCells.create());
});

beforeEach(() => cells.reset());

const PURGE = [
  'DELETE FROM shadow_instance_actions_events',
  'DELETE FROM shadow_instance_actions',
  'DELETE FROM shadow_instances',
];

describe('the recorder, after an interruption,', () => {
  it('writes an entry about the interruption and one about a gap, if Nova has purged rows meanwhile', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    await cells.record('cell1');
    await insertAndPurge();
    const entries = await cells.record('cell1');
    expect(entries[0]).toMatchObject({ kind: 'cell', body: { state: 'resumed', from_id: 21, to_id: 80 } });
    expect(entries.filter(({ kind }) => kind === 'gap').map(({ body }) => body)).toEqual([
      {
        ...PURGED,
        ...{ from_time: '2026-02-01 00:00:05', to_time: '2026-03-01 00:00:01' },
      },
    ]);
    expect(await cells.count('SELECT position FROM record_gaps')).toBe(1);
  });

  it('writes one entry about an interruption, if the recording fails and begins again', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await cells.record('cell1');
    const reported = await beginOrResume(await cells.context('cell1'));
    const again = await beginOrResume(await cells.context('cell1'), reported);
    expect(again).toBe(reported);
    expect(await cells.entries('cell')).toMatchObject([
      { body: { state: 'began' } },
      { body: { state: 'resumed' } },
    ]);
  });

  it('writes the entry about the gap later, if the purged rows were the newest ones', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    await cells.record('cell1');
    await insertServer(cells, 'cell1', 2, { actions: 3 });
    await cells.archive('cell1', serverUuid(2));
    await cells.change('cell1', ...PURGE);
    expect((await cells.record('cell1')).map(({ kind }) => kind)).toEqual(['cell']);
    await insertActions(cells, 'cell1', 1, 1, '2026-03-01 00:00:00');
    const entries = await cells.record('cell1');
    const gaps = entries.filter(({ kind }) => kind === 'gap');
    expect(gaps).toMatchObject([{ body: { from_id: 21, to_id: 23, void_ids: 3, grade: 'possible' } }]);
  });

  it('reports no gap if a Galera cluster assigns only every third id, and reports one if rows were purged', async () => {
    await cells.change('cell1', 'SET auto_increment_increment = 3');
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    await cells.record('cell1');
    await insertActions(cells, 'cell1', 1, 20, '2026-02-01 00:00:00');
    const entries = await cells.record('cell1');
    expect(entries.filter(({ kind }) => kind === 'gap')).toEqual([]);
    expect(entries[0]).toMatchObject({ kind: 'cell', body: { state: 'resumed' } });
    expect(await cells.count('SELECT id FROM copied_instance_actions')).toBe(40);
    await insertServer(cells, 'cell1', 2, { actions: 2 });
    await insertActions(cells, 'cell1', 1, 20, '2026-03-01 00:00:00');
    await cells.archive('cell1', serverUuid(2));
    await cells.change('cell1', ...PURGE, 'SET auto_increment_increment = 1');
    const purged = await cells.record('cell1');
    // The last known action has the id 118, and the purged ones have the ids 121 and 124.
    expect(purged.filter(({ kind }) => kind === 'gap').map(({ body }) => body)).toMatchObject([
      { from_id: 119, to_id: 126, void_ids: 8, grade: 'possible' },
    ]);
  });

  it('reports a gap after a short interruption too, without an entry about the interruption', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    await cells.record('cell1');
    await insertAndPurge();
    const entries = await cells.record('cell1', { interruption: 60_000 });
    expect(entries.filter(({ kind }) => kind === 'gap')).toMatchObject([{ body: PURGED }]);
    expect(entries.filter(({ kind }) => kind === 'cell')).toEqual([]);
  });

  it('reports no gap if Nova commits the rows late', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    await cells.record('cell1');
    const late = await createConnection(cells.nova.adminUrl('cell1'));
    await late.query('START TRANSACTION');
    const insert = 'INSERT INTO instance_actions (deleted, action) VALUES (0, ?)';
    await late.query(insert, ['stop']);
    await cells.change('cell1', [insert, ['start']]);
    const context = await cells.context('cell1');
    await beginOrResume(context);
    const search = new GapSearch(context, new PastReader(context, new AbortController().signal, 100, 500));
    const [range] = await cells.store.read(answerDeadline(), (store) => readRanges(store, 1));
    if (range === undefined) throw new Error('the recorder does not search for a gap');
    await search.search(range);
    await late.query('COMMIT');
    await late.end();
    await search.search(range);
    expect(await cells.entries('gap')).toEqual([]);
  });
});

describe('the recorder, before a late round,', () => {
  it('reports a gap if Nova has inserted and purged rows since the last round', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 20 });
    const context = await cells.context('cell1');
    await beginOrResume(context);
    await cells.work(context);
    const rounds = await Rounds.of(context);
    await rounds.run(2_000, 20_000);
    await insertAndPurge();
    await rounds.run(2_000, 20_000, performance.now() - 1);
    await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: null } }));
    await cells.work(context);
    expect(await cells.entries('gap')).toMatchObject([{ body: PURGED }]);
  });
});

/** The gap of `insertAndPurge`. */
const PURGED = { from_id: 26, to_id: 75, void_ids: 50, grade: 'certain' };

/** Inserts actions with the ids 21 to 80, and purges those from 26 to 75. */
async function insertAndPurge(): Promise<void> {
  await insertActions(cells, 'cell1', 1, 5, '2026-02-01 00:00:00');
  await insertServer(cells, 'cell1', 2, { actions: 50 });
  await insertActions(cells, 'cell1', 1, 5, '2026-03-01 00:00:00');
  await cells.archive('cell1', serverUuid(2));
  await cells.change('cell1', ...PURGE);
}
