import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rounds } from '../../src/recorder/follow/round.js';
import { beginOrResume } from '../../src/recorder/past/begin-or-resume.js';
import { PastWork } from '../../src/recorder/past/past-work.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { insertServer, serverUuid } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';
import { until } from '../support/time/until.js';

let cells: PastCells;
const keep = closeAfterAll();

/** An id that does not fit into 32 bits, and one that the copy cannot represent. */
const LARGE = 3_000_000_000;
const TOO_LARGE = 2 ** 37 + 5;

beforeAll(async () => {
  cells = keep(await PastCells.create());
  const ids = 'MODIFY id bigint NOT NULL AUTO_INCREMENT';
  await cells.change(
    'cell1',
    "SET sql_mode = 'ALLOW_INVALID_DATES', foreign_key_checks = 0",
    'ALTER TABLE instance_actions_events DROP FOREIGN KEY IF EXISTS instance_actions_events_ibfk_1',
    `ALTER TABLE instance_actions_events ${ids}, MODIFY action_id bigint`,
    `ALTER TABLE instance_actions ${ids}`,
    'ALTER TABLE shadow_instance_actions_events MODIFY id bigint NOT NULL, MODIFY action_id bigint',
    'ALTER TABLE shadow_instance_actions MODIFY id bigint NOT NULL',
  );
});

beforeEach(() => cells.reset());

async function unreadable(): Promise<object[]> {
  return (await cells.entries('unreadable')).map(({ body }) => body);
}

/** Compares all rows again. */
async function compare(): Promise<void> {
  await cells.record('cell1');
}

function insertEvents(
  table: string,
  ...rows: (readonly [id: number, actionId: number | null])[]
): Promise<void> {
  return cells.change('cell1', [
    `INSERT INTO ${table} (id, action_id, event, deleted) VALUES ?`,
    [rows.map(([id, actionId]) => [id, actionId, 'lost', 0])],
  ]);
}

/** Makes the bytes of the column `result` invalid UTF-8: InnoDB reads the file of a table with another character set. */
async function invalidateResults(): Promise<void> {
  const table = 'shadow_instance_actions_events';
  const [{ folder }] = (await cells.queryCell('cell1', 'SELECT CONCAT(@@datadir, DATABASE()) AS folder')) as [
    { folder: string },
  ];
  await cells.change(
    'cell1',
    `CREATE TABLE raw LIKE ${table}`,
    'ALTER TABLE raw MODIFY result varchar(255) CHARACTER SET latin1',
    `INSERT INTO raw SELECT * FROM ${table}`,
    "UPDATE raw SET result = _latin1 x'4572FF72'",
    `ALTER TABLE ${table} DISCARD TABLESPACE`,
    'FLUSH TABLES raw FOR EXPORT',
  );
  copyFileSync(join(folder, 'raw.ibd'), join(folder, `${table}.ibd`));
  await cells.change('cell1', 'UNLOCK TABLES', `ALTER TABLE ${table} IMPORT TABLESPACE`, 'DROP TABLE raw');
}

describe('the recorder, for unusual rows of Nova,', () => {
  it('copies rows with invalid times and with ids above 2³¹, and all other rows', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await cells.change(
      'cell1',
      `UPDATE instance_actions SET id = ${LARGE}, created_at = '0000-00-00', start_time = '2024-02-31' WHERE id = 1`,
      `UPDATE instance_actions_events SET action_id = ${LARGE}, id = ${LARGE} + id WHERE action_id = 1`,
    );
    await cells.record('cell1');
    const found = await cells.entries('action');
    expect(found.map(({ novaId, body }) => [novaId, 'events' in body && body.events.length])).toEqual([
      [LARGE, 2],
      [2, 2],
    ]);
    expect(found[0]?.body).toMatchObject({
      action: { created_at: '0000-00-00 00:00:00', start_time: '2024-02-31 00:00:00' },
    });
    expect(await cells.count('SELECT id FROM copied_instance_actions')).toBe(2);
    expect(await unreadable()).toEqual([]);
  });

  it('copies a text with a question mark for each byte that is not UTF-8, as the database returns it', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await cells.archive('cell1', serverUuid(1));
    await invalidateResults();
    const hex = await cells.queryCell(
      'cell1',
      'SELECT HEX(result) AS hex FROM shadow_instance_actions_events',
    );
    expect(hex).toEqual([{ hex: '4572FF72' }, { hex: '4572FF72' }]);
    await cells.record('cell1');
    const results = [{ result: 'Er?r' }, { result: 'Er?r' }];
    expect((await cells.entries('action'))[0]?.body).toMatchObject({ events: results });
    expect(await cells.stored('SELECT result FROM copied_instance_actions_events')).toEqual(results);
    expect(await unreadable()).toEqual([]);
  });
});

describe('the recorder, for rows of Nova that it cannot copy,', () => {
  it('reports rows with ids above 2³⁷ once, and copies the other rows', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await cells.change('cell1', `UPDATE instance_actions SET id = ${TOO_LARGE} WHERE id = 1`);
    await insertEvents('instance_actions_events', [TOO_LARGE + 1, 2], [900, TOO_LARGE]);
    await cells.record('cell1');
    const [action] = await cells.entries('action');
    expect(action).toMatchObject({ novaId: 2, body: { events: [{ id: 3 }, { id: 4 }] } });
    const reported = await unreadable();
    expect(reported).toEqual([
      expect.objectContaining({
        table: 'instance_actions_events',
        row: {
          events: expect.arrayContaining([{ id: 900, action_id: TOO_LARGE }]) as unknown,
        },
      }),
      expect.objectContaining({ table: 'instance_actions_events', row: { ids: [TOO_LARGE + 1] } }),
      expect.objectContaining({ table: 'instance_actions', row: { ids: [TOO_LARGE] } }),
    ]);
    await compare();
    expect(await unreadable()).toEqual(reported);
  });

  it('reports a row with an id above 2³⁷ soon after Nova has inserted it', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await cells.record('cell1');
    const context = await cells.context('cell1');
    await beginOrResume(context);
    const rounds = await Rounds.of(context);
    const end = new AbortController();
    const work = new PastWork(context).run(end.signal);
    await insertEvents('instance_actions_events', [TOO_LARGE, 1]);
    await rounds.run(2_000, 20_000);
    await until(async () => (await unreadable()).length > 0, 'the recorder has reported the row');
    end.abort();
    await work;
    expect(await unreadable()).toEqual([
      expect.objectContaining({ table: 'instance_actions_events', row: { ids: [TOO_LARGE] } }),
    ]);
  });

  it('reports events without an action once, with their ids', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await insertServer(cells, 'cell1', 2, { actions: 1 });
    await cells.archive('cell1', serverUuid(2));
    await insertEvents('shadow_instance_actions_events', [50, 777], [51, null]);
    await insertEvents('instance_actions_events', [60, null]);
    await cells.record('cell1');
    const expected = [
      {
        row: {
          events: [
            { id: 51, action_id: null },
            { id: 50, action_id: 777 },
          ],
        },
      },
      { row: { events: [{ id: 60, action_id: null }] } },
    ];
    expect(await unreadable()).toMatchObject(expected);
    expect(await cells.entries('action')).toHaveLength(2);
    await insertEvents('shadow_instance_actions_events', [52, 778]);
    await compare();
    expect(await unreadable()).toMatchObject([
      ...expected,
      { row: { events: [{ id: 52, action_id: 778 }] } },
    ]);
  });
});
