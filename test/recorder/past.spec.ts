import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { currentTime } from '../../src/database/rows/time.js';
import { TABLE_NAMES } from '../../src/ledger/cells/cell-states.js';
import { type ActionBody, type Entry, Place } from '../../src/ledger/record/entry.js';
import { queryStore } from '../../src/recorder/cell-context.js';
import { CHUNK_SIZE, readChunks } from '../../src/recorder/past/chunks.js';
import { beginOrResume } from '../../src/recorder/past/begin-or-resume.js';
import { PastWork } from '../../src/recorder/past/past-work.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { insertServer, serverUuid } from '../support/recorder/nova-rows.js';
import { PastCells } from '../support/recorder/past-cells.js';
import { until } from '../support/time/until.js';

let cells: PastCells;

const keep = closeAfterAll();

beforeAll(async () => {
  cells = keep(await PastCells.create());
});

beforeEach(() => cells.reset());

function actionsOf(entries: readonly Entry[]): Extract<Entry, { kind: 'action' }>[] {
  return entries.filter((entry) => entry.kind === 'action');
}

const COPY = `SELECT a.instance_uuid, a.request_id, a.place, COUNT(e.id) AS events FROM copied_instance_actions a
  LEFT JOIN copied_instance_actions_events e ON e.action_id = a.id GROUP BY a.id`;

describe('the recorder, when it copies the past of a cell,', () => {
  it('copies the main and the shadow tables, each action with its events and the project of its server', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 3, project: 'p1' });
    await insertServer(cells, 'cell1', 2, { actions: 2, project: 'p2' });
    await cells.archive('cell1', serverUuid(2));
    const entries = await cells.record('cell1');
    expect(entries[0]).toMatchObject({ kind: 'cell', body: { state: 'began' } });
    expect(
      actionsOf(entries).map(({ projectId, body }) => [projectId, body.place, body.events.length]),
    ).toEqual([
      ...Array.from({ length: 3 }, () => ['p1', Place.main, 2]),
      ...Array.from({ length: 2 }, () => ['p2', Place.shadow, 2]),
    ]);
    expect(await cells.stored(COPY)).toHaveLength(5);
    expect(await cells.stored('SELECT server_uuid, place FROM copied_instances ORDER BY id')).toEqual([
      { server_uuid: serverUuid(1), place: Place.main },
      { server_uuid: serverUuid(2), place: Place.shadow },
    ]);
    expect(await cells.stored('SELECT * FROM record_ranges')).toEqual([]);
  });

  it('copies the flavors of archived servers, and keeps a flavor that Nova no longer has', async () => {
    for (let server = 1; server <= 3; server += 1) {
      await insertServer(cells, 'cell1', server, { actions: 1, flavor: `m1.size-${server}` });
    }
    // Rows of instance_extra with lower ids, of other servers.
    await cells.change(
      'cell1',
      `INSERT INTO shadow_instance_extra (id, created_at, instance_uuid, flavor, deleted)
       SELECT seq + 1000, '2025-01-01' + INTERVAL seq HOUR, UUID(), '{}', 1 FROM seq_1_to_2000`,
      'UPDATE instance_extra SET id = id + 5000',
    );
    await cells.archive('cell1', serverUuid(1));
    await cells.archive('cell1', serverUuid(2));
    await cells.record('cell1');
    const flavors = 'SELECT flavor FROM copied_instances ORDER BY id';
    const names = async (): Promise<unknown[]> =>
      (await cells.stored(flavors)).map(
        ({ flavor }) => (JSON.parse(String(flavor)) as { name: string }).name,
      );
    expect(await names()).toEqual(['m1.size-1', 'm1.size-2', 'm1.size-3']);
    await cells.change(
      'cell1',
      'DELETE FROM instance_extra',
      'DELETE FROM shadow_instance_extra',
      "UPDATE instances SET host = 'compute-2'",
      "UPDATE shadow_instances SET host = 'compute-2'",
    );
    await cells.record('cell1');
    expect(await cells.count("SELECT id FROM copied_instances WHERE host = 'compute-2'")).toBe(3);
    expect(await names()).toEqual(['m1.size-1', 'm1.size-2', 'm1.size-3']);
  });

  it('expects late commits of a new cell only among the rows of the last hour', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 6 });
    await cells.change(
      'cell1',
      'UPDATE instance_actions SET created_at = UTC_TIMESTAMP() WHERE id IN (4, 6)',
    );
    const context = await cells.context('cell1', { settledAge: 3_600_000 });
    await beginOrResume(context);
    // The row 5 is a copy from another cell, so Nova has kept its old time.
    expect(context.state.settled).toEqual({ actions: 3, events: 12, servers: 1 });
  });

  it('records no row a second time after a restart without changes', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 3 });
    await insertServer(cells, 'cell1', 2, { actions: 2 });
    await cells.archive('cell1', serverUuid(2));
    await cells.record('cell1');
    const again = await cells.record('cell1');
    expect(again.map(({ kind }) => kind)).toEqual(['cell']);
    expect(again[0]).toMatchObject({ body: { state: 'resumed', from_id: 6, to_id: 5 } });
  });

  it('does not copy rows that the retention would delete again', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await insertServer(cells, 'cell1', 2, { actions: 2 });
    await cells.archive('cell1', serverUuid(2));
    await cells.change(
      'cell1',
      ...['instance_actions', 'shadow_instance_actions'].map(
        (table) => `UPDATE ${table} SET updated_at = NOW()`,
      ),
    );
    const old = "created_at = '2019-01-01', updated_at = '2019-01-01', start_time = NULL, finish_time = NULL";
    const rows = { instance_actions: 'id IN (1, 3)', instance_actions_events: 'action_id IN (1, 3)' };
    for (const [table, which] of Object.entries(rows))
      for (const name of [table, `shadow_${table}`])
        await cells.change('cell1', `UPDATE ${name} SET ${old} WHERE ${which}`);
    const entries = await cells.record('cell1', { retention: 365 });
    expect(actionsOf(entries).map(({ novaId }) => novaId)).toEqual([2, 4]);
    const again = await cells.record('cell1', { retention: 365 });
    expect(again.map(({ kind }) => kind)).toEqual(['cell']);
  });

  it('writes the same events for an archived action as for an action in the main table', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2 });
    await cells.record('cell1');
    await cells.archive('cell1', serverUuid(1));
    const entries = await cells.record('cell1');
    expect(entries.filter(({ kind }) => kind !== 'cell')).toMatchObject([
      { kind: 'archived', serverUuid: serverUuid(1), projectId: 'project', body: { actions: [], server: 1 } },
      { kind: 'archived', serverUuid: serverUuid(1), body: { actions: [1, 2], server: null } },
    ]);
    expect(await cells.stored(COPY)).toMatchObject([
      { place: Place.shadow, events: '2' },
      { place: Place.shadow, events: '2' },
    ]);
  });

  it('writes all events of one moment into each entry about an archived action, even if it reads them in several parts', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    await cells.change('cell1', 'UPDATE instance_actions_events SET finish_time = NULL WHERE id = 2');
    await cells.record('cell1');
    await cells.change(
      'cell1',
      'UPDATE instance_actions_events SET finish_time = start_time WHERE id = 2',
      `INSERT INTO instance_actions_events (created_at, deleted, event, action_id, start_time, finish_time)
       SELECT created_at, 0, CONCAT('later-', seq), action_id, start_time, finish_time
       FROM instance_actions_events JOIN seq_1_to_38 WHERE id = 2`,
    );
    await cells.archive('cell1', serverUuid(1));
    const context = await cells.context('cell1');
    await beginOrResume(context);
    await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: null } }));
    await cells.work(context, 16);
    const bodies = (await cells.entries('action', 'corrected')).map(
      ({ body }) => (body as ActionBody).events,
    );
    const isFinished = bodies.map((events) => events.map(({ finish_time }) => finish_time !== null));
    expect(isFinished).toEqual([[true, false], Array.from({ length: 40 }, () => true)]);
  });

  it('copies rows that Nova archives while the recorder copies the main tables', async () => {
    for (let server = 1; server <= 4; server += 1)
      await insertServer(cells, 'cell1', server, { actions: 20 });
    const context = await cells.context('cell1');
    await beginOrResume(context);
    const { reader } = context;
    let readings = 0;
    Object.assign(context, {
      reader: {
        snapshot: async (work: Parameters<typeof reader.snapshot>[0]) => {
          readings += 1;
          if (readings === 2) await cells.archive('cell1', serverUuid(1));
          return reader.snapshot(work);
        },
      },
    });
    await cells.work(context, 20);
    expect(await cells.count(COPY)).toBe(80);
    expect(await cells.count(`${COPY} HAVING events <> 2`)).toBe(0);
  });

  it('copies all rows and repeats no entry, even if its work stops after every few writes', async () => {
    for (let server = 1; server <= 3; server += 1)
      await insertServer(cells, 'cell1', server, { actions: 20 });
    await cells.archive('cell1', serverUuid(3));
    let isDone = false;
    const progress: number[] = [];
    let total = 0;
    for (let tenure = 0; !isDone && tenure < 100; tenure += 1) {
      const context = await cells.context('cell1');
      if (tenure === 0) await beginOrResume(context);
      let writes = 0;
      const { writer } = context;
      Object.assign(context, {
        writer: {
          write: async (change: Parameters<typeof writer.write>[0]) => {
            writes += 1;
            if (writes > 2) throw new Error('stopped');
            await writer.write(change);
          },
        },
      });
      await cells.work(context, 20).catch(() => undefined);
      isDone = context.state.reconciledAt !== null;
      progress.push(context.state.past.done);
      // Each table has two stages: one for its rows, and one for its archived rows. Events that are not archived
      // have none, because the recorder copies them with their actions.
      const { actions, events, servers } = context.state.high;
      total = 2 * (actions + servers) + events;
      expect(context.state.past.total).toBe(total);
    }
    expect(isDone).toBe(true);
    expect(progress).toEqual(progress.toSorted((one, other) => one - other));
    expect(progress.at(-1)).toBe(total);
    const entries = await cells.entries('action', 'corrected', 'server', 'archived');
    expect(entries).toHaveLength(63);
    expect(await cells.count(`${COPY} HAVING events = 2`)).toBe(60);
  });

  it('stores the sums of the rows that it copies, so that the first comparison reads none of them again', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 3 });
    await insertServer(cells, 'cell1', 2, { actions: 2 });
    await cells.archive('cell1', serverUuid(2));
    const context = await cells.context('cell1');
    await beginOrResume(context);
    await context.exclusive(() => context.write({ entries: [], state: { reconciledAt: currentTime() } }));
    const end = new AbortController();
    const work = new PastWork(context).run(end.signal);
    await until(() => context.state.past.done >= context.state.past.total, 'the past is copied');
    end.abort();
    await work;
    for (const table of TABLE_NAMES) {
      for (const isShadow of [false, true]) {
        const source = { table, isShadow };
        const sums = await context.reader.snapshot((nova) =>
          nova.blockSums(source, CHUNK_SIZE, 0, CHUNK_SIZE),
        );
        const { number } = context.cell;
        const stored = await queryStore(context, (store) => readChunks(store, number, source, 0, 1));
        expect(sums).toHaveLength(1);
        expect([...stored.values()]).toEqual(sums);
      }
    }
  });

  it('does not replace a row with an older version of it', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 1 });
    const context = await cells.context('cell1');
    await beginOrResume(context);
    const { reader } = context;
    let hasChanged = false;
    Object.assign(context, {
      reader: {
        snapshot: async (work: Parameters<typeof reader.snapshot>[0]) => {
          const rows = await reader.snapshot(work);
          if (!hasChanged) {
            hasChanged = true;
            await cells.change('cell1', "UPDATE instance_actions SET message = 'Error'");
            await cells.record('cell1');
          }
          return rows;
        },
      },
    });
    await cells.work(context);
    expect(await cells.stored('SELECT message FROM copied_instance_actions')).toEqual([{ message: 'Error' }]);
    expect(await cells.entries('action', 'corrected')).toHaveLength(1);
  });

  it('copies a server from both cells if Nova has copied it to the other cell', async () => {
    await insertServer(cells, 'cell1', 1, { actions: 2, project: 'p1' });
    await insertServer(cells, 'cell2', 1, { actions: 2, project: 'p1' });
    await cells.change('cell1', 'UPDATE instances SET hidden = 1');
    await cells.record('cell1');
    await cells.record('cell2');
    expect(await cells.stored('SELECT cell, uuid, hidden FROM copied_instances ORDER BY cell')).toEqual([
      { cell: 1, uuid: null, hidden: 1 },
      { cell: 2, uuid: serverUuid(1), hidden: 0 },
    ]);
    const shown = 'SELECT id FROM copied_instance_actions WHERE deleted = 0';
    expect(await cells.count(shown)).toBe(2);
    expect(await cells.entries('action')).toHaveLength(4);
  });
});
