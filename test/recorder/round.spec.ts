import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { partsOf } from '../../src/ledger/copy/copy-id.js';
import { type Entry, Place } from '../../src/ledger/record/entry.js';
import { Rounds } from '../../src/recorder/follow/round.js';
import { checkIds } from '../../src/recorder/past/epochs.js';
import { beginOrResume } from '../../src/recorder/past/begin-or-resume.js';
import { PastCells } from '../support/recorder/past-cells.js';

const CELL = 'cell1';

describe('a round of the recorder', () => {
  let cells: PastCells;
  let nova: Connection;
  let rounds: Rounds;
  let nextId = 1_000;

  beforeAll(async () => {
    cells = await PastCells.create();
    nova = await createConnection(cells.nova.adminUrl(CELL));
  });

  beforeEach(async () => {
    rounds = await begin();
  });

  afterAll(async () => {
    await nova.end();
    await cells.close();
  });

  /** Begins to record, as a new process does. A reading of the changed servers is due in each round. */
  async function begin(): Promise<Rounds> {
    const context = await cells.context(CELL, { serversInterval: 0, rewindAfter: 0 });
    if (await checkIds(context)) throw new Error('Nova has assigned ids again');
    await beginOrResume(context);
    return Rounds.of(context);
  }

  /** Runs a round. @returns its entries */
  async function round(): Promise<Entry[]> {
    const before = (await cells.entries()).length;
    await rounds.run(2_000, 20_000);
    return (await cells.entries()).slice(before);
  }

  const insert = async (table: string, row: object, on: Connection = nova): Promise<void> => {
    await on.query('INSERT INTO ?? SET ?', [table, row]);
  };

  async function addServer(columns: object = {}): Promise<string> {
    const uuid = randomUUID();
    const times = { created_at: '2026-11-27 04:00:00', updated_at: '2026-11-27 04:00:00' };
    await insert('instances', {
      uuid,
      project_id: 'p1',
      deleted: 0,
      display_name: 'web',
      ...times,
      ...columns,
    });
    return uuid;
  }

  async function addAction(uuid: string, columns: object = {}, on: Connection = nova): Promise<number> {
    const id = (nextId += 1);
    const request = { request_id: `req-${randomUUID()}`, action: 'create', user_id: 'u1', project_id: 'p1' };
    const times = {
      start_time: '2026-11-27 04:20:17',
      created_at: '2026-11-27 04:20:51',
      updated_at: '2026-11-27 04:20:17',
    };
    await insert(
      'instance_actions',
      { id, instance_uuid: uuid, deleted: 0, ...request, ...times, ...columns },
      on,
    );
    return id;
  }

  async function addEvent(actionId: number, columns: object = {}): Promise<number> {
    const id = (nextId += 1);
    const event = {
      event: 'compute__do_build_and_run_instance',
      host: 'full-a',
      start_time: '2026-11-27 04:20:51',
    };
    await insert('instance_actions_events', {
      id,
      action_id: actionId,
      deleted: 0,
      created_at: '2026-11-27 04:20:51',
      ...event,
      ...columns,
    });
    return id;
  }

  async function finish(eventId: number, time: string): Promise<void> {
    const change = { finish_time: time, updated_at: time, result: 'Error' };
    await nova.query('UPDATE instance_actions_events SET ? WHERE id = ?', [change, eventId]);
    const parent = 'id = (SELECT action_id FROM instance_actions_events WHERE id = ?)';
    await nova.query(`UPDATE instance_actions SET updated_at = ? WHERE ${parent}`, [time, eventId]);
  }

  /** Returns the finish times of an event in the entries. */
  const finishTimes = (entries: readonly Entry[], eventId: number): unknown[] =>
    entries.flatMap((entry) =>
      entry.kind === 'action'
        ? entry.body.events.filter(({ id }) => id === eventId).map(({ finish_time: time }) => time)
        : [],
    );

  const actionIds = (entries: readonly Entry[]): unknown[] =>
    entries.filter(({ kind }) => kind === 'action').map(({ novaId }) => novaId);

  const copied = async (actionId: number): Promise<unknown> => {
    const rows = await cells.stored('SELECT id, place FROM copied_instance_actions');
    return rows.find(({ id }) => partsOf(Number(id)).id === actionId)?.['place'];
  };

  it('records each result of an event that Nova finishes three times during a reschedule, as linked entries', async () => {
    const action = await addAction(await addServer());
    const first = await addEvent(action);
    const entries = await round();
    for (const [host, time] of [
      ['full-c', '2026-11-27 04:21:03'],
      ['full-b', '2026-11-27 04:21:45'],
      [undefined, '2026-11-27 04:22:39'],
    ] as const) {
      await finish(first, time);
      if (host !== undefined) await addEvent(action, { host });
      entries.push(...(await round()));
    }
    const ofAction = entries.filter(({ kind, novaId }) => kind === 'action' && novaId === action);
    expect(finishTimes(ofAction, first)).toEqual([
      null,
      '2026-11-27 04:21:03',
      '2026-11-27 04:21:45',
      '2026-11-27 04:22:39',
    ]);
    expect(ofAction.map(({ previous }) => previous)).toEqual([
      null,
      ...ofAction.slice(0, -1).map(({ position }) => position),
    ]);
    expect(ofAction.every(({ projectId }) => projectId === 'p1')).toBe(true);
    expect(await round()).toEqual([]);
  });

  it('finds an action whose transaction commits after actions with higher ids', async () => {
    const uuid = await addServer();
    const other = await createConnection(cells.nova.adminUrl(CELL));
    try {
      await other.query('START TRANSACTION');
      const late = await addAction(uuid, {}, other);
      const early: number[] = [];
      for (let count = 0; count < 3; count += 1) {
        early.push(await addAction(uuid));
        expect(actionIds(await round())).toEqual(early.slice(-1));
      }
      await other.query('COMMIT');
      expect(actionIds(await round())).toEqual([late]);
    } finally {
      await other.end();
    }
  });

  it('does not claim that the copy is current while Nova has more new rows than one round reads', async () => {
    await round();
    const uuid = await addServer();
    for (let count = 0; count < 4; count += 1) await addAction(uuid);
    const before = await rounds.run(2, 20_000);
    const after = await rounds.run(2_000, 20_000);
    expect(before.readAt).not.toBe(null);
    expect(Date.parse(after.readAt ?? '')).toBeGreaterThan(Date.parse(before.readAt ?? ''));
    const [state] = await cells.stored('SELECT read_at FROM record_cells');
    expect(state?.['read_at']).toBe(after.readAt);
  });

  it('records actions whose ids have gaps, also gaps of several blocks', async () => {
    const uuid = await addServer();
    const expected: number[] = [];
    for (const gap of [3, 250, 2_000, 3]) {
      nextId += gap;
      expected.push(await addAction(uuid));
    }
    expect(actionIds(await round())).toEqual(expected);
    expect(await round()).toEqual([]);
  });

  it('records an event that Nova adds to a finished action without a change of the action, and its end', async () => {
    const action = await addAction(await addServer());
    await finish(await addEvent(action), '2026-11-27 04:21:03');
    await round();
    const event = await addEvent(action, { event: 'conductor_rebuild' });
    expect(finishTimes(await round(), event)).toEqual([null]);
    const end = { finish_time: '2026-11-27 04:30:00', result: 'Success' };
    await nova.query('UPDATE instance_actions_events SET ? WHERE id = ?', [end, event]);
    expect(finishTimes(await round(), event)).toEqual(['2026-11-27 04:30:00']);
  });

  it('records a finished event that Nova finishes again without a change of the action', async () => {
    const action = await addAction(await addServer());
    const event = await addEvent(action);
    await finish(event, '2026-11-27 04:21:03');
    await round();
    const again = { finish_time: '2026-11-27 04:40:00', result: 'Error' };
    await nova.query('UPDATE instance_actions_events SET ? WHERE id = ?', [again, event]);
    expect(finishTimes(await round(), event)).toEqual(['2026-11-27 04:40:00']);
  });

  it('records an action that Nova archives before a round can read it', async () => {
    const uuid = await addServer({ deleted: 1 });
    const action = await addAction(uuid, { action: 'delete' });
    const event = await addEvent(action);
    await finish(event, '2026-11-27 04:21:03');
    await cells.archive(CELL, uuid);
    const entries = await round();
    expect(finishTimes(entries, event)).toEqual(['2026-11-27 04:21:03']);
    expect(await copied(action)).toBe(Place.shadow);
    expect(entries.find(({ kind }) => kind === 'server')).toMatchObject({
      serverUuid: uuid,
      projectId: 'p1',
    });
  });

  it('records the last change of an action that Nova archives right after it, with all its events', async () => {
    const uuid = await addServer();
    const action = await addAction(uuid);
    const first = await addEvent(action);
    await round();
    await finish(first, '2026-11-27 04:21:03');
    const second = await addEvent(action, { event: 'compute_terminate_instance' });
    await cells.archive(CELL, uuid);
    const entries = await round();
    expect(finishTimes(entries, first)).toEqual(['2026-11-27 04:21:03']);
    expect(finishTimes(entries, second)).toEqual([null]);
    expect(await copied(action)).toBe(Place.shadow);
  });

  it('records that Nova has archived an action that has not changed', async () => {
    const uuid = await addServer();
    const action = await addAction(uuid);
    await finish(await addEvent(action), '2026-11-27 04:21:03');
    await round();
    await cells.archive(CELL, uuid);
    const entries = await round();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ kind: 'archived', serverUuid: uuid, body: { actions: [action] } });
  });

  it('records that Nova has deleted an action from all its tables', async () => {
    const uuid = await addServer();
    const action = await addAction(uuid);
    await round();
    await nova.query('DELETE FROM instance_actions WHERE id = ?', [action]);
    const entries = await round();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ kind: 'removed', serverUuid: uuid, body: { actions: [action] } });
    expect(await copied(action)).toBe(Place.removed);
  });

  it('records the new name of a server, although Nova logs no action for the change', async () => {
    const uuid = await addServer();
    await round();
    const change = { display_name: 'database', updated_at: '2026-11-27 04:45:00' };
    await nova.query('UPDATE instances SET ? WHERE uuid = ?', [change, uuid]);
    const [entry, ...others] = await round();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      kind: 'server',
      serverUuid: uuid,
      body: { server: { display_name: 'database' } },
    });
  });

  it('does not repeat the entries of the previous process, and finds the changes since its last round', async () => {
    const uuid = await addServer();
    const known = await addAction(uuid);
    const event = await addEvent(known);
    await round();
    rounds = await begin();
    expect((await round()).filter(({ kind }) => kind !== 'cell')).toEqual([]);
    await finish(event, '2026-11-27 04:50:00');
    const added = await addAction(uuid);
    rounds = await begin();
    expect(actionIds(await round()).sort()).toEqual([known, added].sort());
    expect(await round()).toEqual([]);
  });
});
