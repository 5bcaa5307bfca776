import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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
    await insertActions(cells, 'cell1', 1, 5, '2026-02-01 00:00:00');
    await insertServer(cells, 'cell1', 2, { actions: 50 });
    await insertActions(cells, 'cell1', 1, 5, '2026-03-01 00:00:00');
    await cells.archive('cell1', serverUuid(2));
    await cells.change('cell1', ...PURGE);
    const entries = await cells.record('cell1');
    expect(entries[0]).toMatchObject({ kind: 'cell', body: { state: 'resumed', from_id: 21, to_id: 80 } });
    expect(entries.filter(({ kind }) => kind === 'gap').map(({ body }) => body)).toEqual([
      {
        ...{ from_id: 26, to_id: 75, void_ids: 50, grade: 'certain' },
        ...{ from_time: '2026-02-01 00:00:05', to_time: '2026-03-01 00:00:01' },
      },
    ]);
    expect(await cells.count('SELECT position FROM record_gaps')).toBe(1);
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

  it('reports no gap if ids have the steps of a Galera cluster, and reports one if rows were purged', async () => {
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
});
