import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Place } from '../../src/ledger/record/entry.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { insertActions, insertServer, serverUuid } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';

let cells: PastCells;
const keep = closeAfterAll();

beforeAll(async () => {
  cells = keep(await PastCells.create());
});

beforeEach(() => cells.reset());

/** Compares the copy of cell1 with Nova, without ranges to copy. */
async function compare(): ReturnType<PastCells['entries']> {
  const before = (await cells.entries()).length;
  const context = await cells.context('cell1');
  await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: null } }));
  await cells.work(context);
  return (await cells.entries()).slice(before);
}

describe('the recorder, when it compares the copy with Nova,', () => {
  it('records nothing if nothing has changed', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 3 });
    await cells.record('cell1');
    expect(await compare()).toEqual([]);
  });

  it('finds an action that was committed late, and changes that rounds do not find', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 4 });
    await cells.change(
      'cell1',
      'CREATE TEMPORARY TABLE late AS SELECT * FROM instance_actions WHERE id = 2',
      'DELETE FROM instance_actions_events WHERE action_id = 2',
      'DELETE FROM instance_actions WHERE id = 2',
    );
    await cells.record('cell1');
    await cells.change(
      'cell1',
      'INSERT INTO instance_actions SELECT * FROM late',
      'DROP TEMPORARY TABLE late',
      "UPDATE instance_actions SET message = 'Error' WHERE id = 3",
      "UPDATE instance_actions_events SET result = 'Error' WHERE action_id = 4 AND event = 'event-1'",
    );
    const found = (await compare()).sort((one, other) => Number(one.novaId) - Number(other.novaId));
    expect(
      found.map(({ kind, novaId, body }) => [kind, novaId, (body as { reason?: string }).reason]),
    ).toEqual([
      ['corrected', 2, 'late'],
      ['corrected', 3, 'changed'],
      ['corrected', 4, 'changed'],
    ]);
    expect(found[1]?.previous).toBeGreaterThan(0);
    expect(await cells.stored('SELECT message FROM copied_instance_actions ORDER BY id')).toEqual([
      { message: null },
      { message: null },
      { message: 'Error' },
      { message: null },
    ]);
  });

  it('records that Nova has archived and later purged rows, and keeps them in the copy', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2, project: 'owner' });
    await cells.record('cell1');
    await cells.archive('cell1', serverUuid(1));
    expect((await compare()).map(({ kind }) => kind)).toEqual(['archived', 'archived']);
    await cells.change(
      'cell1',
      'DELETE FROM shadow_instance_actions_events',
      'DELETE FROM shadow_instance_actions',
      'DELETE FROM shadow_instances',
    );
    expect(await compare()).toMatchObject([
      { kind: 'purged', serverUuid: serverUuid(1), projectId: 'owner', body: { actions: [], server: 1 } },
      {
        kind: 'purged',
        serverUuid: serverUuid(1),
        projectId: 'owner',
        body: { actions: [1, 2], server: null },
      },
    ]);
    const rows = [{ place: Place.purged }, { place: Place.purged }];
    expect(await cells.stored('SELECT place FROM copied_instance_actions')).toEqual(rows);
    expect(await compare()).toEqual([]);
  });

  it('finds that Nova has deleted rows from the main tables', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await cells.record('cell1');
    await cells.change(
      'cell1',
      'DELETE FROM instance_actions_events',
      'DELETE FROM instance_actions',
      'DELETE FROM instances',
    );
    expect((await compare()).map(({ kind }) => kind)).toEqual(['removed', 'removed']);
    expect(await cells.count('SELECT id FROM copied_instance_actions WHERE place = 4')).toBe(2);
  });

  it('finds rows that Nova deleted before the recorder copied the range of their ids again', async () => {
    const chunk = 2_048;
    await cells.change('cell1', `ALTER TABLE instance_actions AUTO_INCREMENT = ${chunk + 1}`);
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await insertServer(cells, 'cell1', 2, { actions: 2 });
    await cells.change('cell1', `ALTER TABLE instance_actions AUTO_INCREMENT = ${2 * chunk}`);
    await insertServer(cells, 'cell1', 3, { actions: 1 });
    await cells.archive('cell1', serverUuid(2));
    await cells.record('cell1');
    await cells.change(
      'cell1',
      `DELETE FROM instance_actions_events WHERE action_id = ${chunk + 1}`,
      `DELETE FROM instance_actions WHERE id = ${chunk + 1}`,
      `DELETE FROM shadow_instance_actions_events WHERE action_id = ${chunk + 3}`,
      `DELETE FROM shadow_instance_actions WHERE id = ${chunk + 3}`,
    );
    expect((await cells.record('cell1')).filter(({ kind }) => kind !== 'cell')).toMatchObject([
      { kind: 'removed', body: { actions: [chunk + 1], server: null } },
      { kind: 'purged', body: { actions: [chunk + 3], server: null } },
    ]);
  });

  it('finds an action that Nova inserted and archived between two comparisons, with its events', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await cells.record('cell1');
    await insertActions(cells, 'cell1', 1, 2, '2026-02-01 00:00:00');
    await cells.archive('cell1', serverUuid(1));
    const context = await cells.context('cell1');
    await context.exclusive(() =>
      context.write({ entries: [], state: { high: { actions: 3, events: 6, servers: 1 } } }),
    );
    const found = (await compare()).filter(({ kind }) => kind === 'corrected');
    expect(found).toMatchObject([
      { novaId: 3, projectId: 'project', body: { reason: 'late', place: Place.shadow, events: [{}, {}] } },
      { novaId: 2, projectId: 'project', body: { reason: 'late', place: Place.shadow, events: [{}, {}] } },
    ]);
  });
});
