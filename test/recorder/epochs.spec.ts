import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IdsReused } from '../../src/recorder/changes/identities.js';
import { checkIds, rewind } from '../../src/recorder/past/epochs.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { insertActions, insertServer } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';

let cells: PastCells;
const keep = closeAfterAll();

beforeAll(async () => {
  cells = keep(await PastCells.create());
});

beforeEach(() => cells.reset());

/** Deletes the actions from an id on, and inserts other ones with the same ids, as after the restore of a backup. */
async function restoreBefore(id: number, newActions: number): Promise<void> {
  await cells.change(
    'cell1',
    `DELETE FROM instance_actions_events WHERE action_id >= ${id}`,
    `DELETE FROM instance_actions WHERE id >= ${id}`,
    `ALTER TABLE instance_actions AUTO_INCREMENT = ${id}`,
    `ALTER TABLE instance_actions_events AUTO_INCREMENT = ${2 * id - 1}`,
  );
  if (newActions > 0) await insertActions(cells, 'cell1', 1, newActions, '2026-03-01 00:00:00');
}

describe('the recorder, if Nova assigns ids again,', () => {
  it('opens a new epoch from the lowest such id, writes an entry, and keeps the old rows as removed rows', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 8 });
    await cells.record('cell1');
    await restoreBefore(6, 2);
    const entries = await cells.record('cell1');
    expect(entries[0]).toMatchObject({
      kind: 'removed',
      epoch: 0,
      body: { actions: [6, 7, 8], server: null },
    });
    expect(entries[1]).toMatchObject({
      kind: 'epoch',
      epoch: 1,
      body: { epoch: 1, from: { actions: 6, events: 11 } },
    });
    const added = entries.filter(({ kind }) => kind === 'action');
    expect(added.map(({ epoch, novaId }) => [epoch, novaId])).toEqual([
      [1, 7],
      [1, 6],
    ]);
    expect(await cells.count('SELECT id FROM copied_instance_actions')).toBe(10);
    expect(await cells.count('SELECT id FROM copied_instance_actions_events')).toBe(20);
    expect(await cells.count('SELECT id FROM copied_instance_actions WHERE place = 4')).toBe(3);
    expect((await cells.record('cell1')).map(({ kind }) => kind)).toEqual(['cell']);
  });

  it('detects this when it compares all rows, even if newer rows are unchanged', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 3 });
    await cells.record('cell1');
    await cells.change('cell1', "UPDATE instance_actions SET request_id = 'req-other' WHERE id = 2");
    const context = await cells.context('cell1');
    await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: null } }));
    const failure: unknown = await cells.work(context).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(IdsReused);
    expect(await checkIds(context, failure as IdsReused)).toBe(true);
    expect(context.state).toMatchObject({ epoch: 1, epochFrom: { actions: 2 }, high: { actions: 1 } });
  });

  it('opens no epoch while Nova has only lost its newest rows', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 4 });
    await cells.record('cell1');
    await restoreBefore(3, 0);
    const context = await cells.context('cell1');
    expect(await checkIds(context)).toBe(false);
    await rewind(context, { actions: 2, events: 4, servers: 1 });
    expect(context.state).toMatchObject({ epoch: 0, high: { actions: 2, events: 4, servers: 1 } });
  });
});
