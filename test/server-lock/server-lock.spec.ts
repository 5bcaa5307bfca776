import { beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import { Indexer } from '../../src/ledger/search/indexer.js';
import { personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { storeKinds } from '../support/databases/stores.js';
import { type SharedStore, startTwoServices } from '../support/service/two-services.js';
import { send, type WriteAnswer } from '../support/service/write-client.js';

const SERVER = '10c0e69c-fae1-42d8-80db-515b443d65ec';
const PATH = `servers/${SERVER}/action`;
const OVERRIDE = "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.";

interface Lock {
  readonly locked: number | null;
  readonly locked_by: string | null;
  readonly locked_reason: string | null;
}

interface Entry {
  readonly action: string;
  readonly request_id: string;
  readonly result: string | null;
  readonly finish_time: string;
}

describe.each(storeKinds)('locks of servers on %s', (_kind, createStore) => {
  const keep = closeAfterAll();
  let store: SharedStore;
  let source: DataSource;

  beforeAll(async () => {
    const { user_id, project_id } = personas['alice'] ?? { user_id: '', project_id: '' };
    store = await startTwoServices(keep, createStore, {
      instances: [{ uuid: SERVER, user_id, project_id, deleted: 0 }],
    });
    ({ source } = store);
  });

  beforeEach(async () => {
    for (const table of ['instance_actions_events', 'instance_actions'])
      await source.query(`DELETE FROM ${table}`);
    await source.query('UPDATE instances SET locked = NULL, locked_by = NULL, locked_reason = NULL');
  });

  async function act(persona: string, body: object, number = 0): Promise<WriteAnswer> {
    const [first, second] = store.services;
    return send(number % 2 === 0 ? first : second, persona, 'POST', PATH, body);
  }

  async function lockRow(): Promise<Lock> {
    const [row] = await source.query<Lock[]>('SELECT locked, locked_by, locked_reason FROM instances');
    if (row === undefined) throw new Error('the server has no row');
    return row;
  }

  /** Returns the entries of the log, in the order in which their events ended. */
  function entries(): Promise<Entry[]> {
    return source.query<Entry[]>(
      `SELECT action, request_id, result, event.finish_time AS finish_time FROM instance_actions
      JOIN instance_actions_events event ON event.action_id = instance_actions.id ORDER BY event.finish_time, event.id`,
    );
  }

  it('a lock stores its reason and the role of the caller, and an unlock removes them', async () => {
    const lock = (reason: string): object => ({ lock: { locked_reason: reason } });
    expect((await act('alice', lock('mine'))).status).toBe(202);
    expect(await lockRow()).toEqual({ locked: 1, locked_by: 'owner', locked_reason: 'mine' });
    expect((await act('alice', lock('again'))).status).toBe(202);
    expect(await lockRow()).toEqual({ locked: 1, locked_by: 'owner', locked_reason: 'mine' });
    expect((await act('admin', { lock: null })).status).toBe(202);
    expect(await lockRow()).toEqual({ locked: 1, locked_by: 'admin', locked_reason: 'mine' });
    expect(await act('alice', { unlock: null })).toMatchObject({
      status: 403,
      body: { forbidden: { code: 403, message: OVERRIDE } },
    });
    expect((await act('admin', { unlock: null })).status).toBe(202);
    expect(await lockRow()).toEqual({ locked: 0, locked_by: null, locked_reason: null });
    expect((await entries()).map(({ action, result }) => [action, result])).toEqual([
      ['lock', 'Success'],
      ['lock', 'Success'],
      ['unlock', 'Success'],
    ]);
  });

  it('a lock with its entries in the log and in the record takes twelve statements, and a second lock takes one', async () => {
    // The indexer sends statements of its own.
    for (const { application } of store.services) await application.get(Indexer, { strict: false }).stop();
    const runner = source.createQueryRunner();
    const query = jest.spyOn(Object.getPrototypeOf(runner) as QueryRunner, 'query');
    const statements = async (body: object): Promise<string[]> => {
      query.mockClear();
      expect((await act('alice', body)).status).toBe(202);
      const sent = query.mock.calls.map(([sql]) => sql.trim().split(/[\s(]/, 1)[0]?.toUpperCase() ?? '');
      return sent.filter((word) => !/^(START|BEGIN|COMMIT)$/.test(word));
    };
    try {
      await act('alice', { unlock: null });
      const append = ['UPDATE', 'SELECT', 'INSERT'];
      const change = ['SELECT', 'INSERT', 'INSERT', ...append, 'UPDATE', 'UPDATE', 'UPDATE', ...append];
      expect(await statements({ lock: null })).toEqual(change);
      expect(await statements({ lock: null })).toEqual(['SELECT']);
      expect(await statements({ unlock: null })).toEqual(change);
    } finally {
      query.mockRestore();
      await runner.release();
    }
  });

  it('a lock by an administrator remains if the owner locks or unlocks the server at the same time', async () => {
    for (let round = 0; round < 15; round += 1) {
      await act('admin', { unlock: null });
      await act('alice', { lock: null });
      const [admin] = await Promise.all([
        act('admin', { lock: null }, 0),
        act('alice', { unlock: null }, 1),
        act('mona', { lock: null }, 0),
      ]);
      expect(admin.status).toBe(202);
      const log = await entries();
      const last = log.findLastIndex(({ request_id: id }) => id === admin.requestId);
      expect(
        log.slice(last + 1).filter(({ action, result }) => action === 'unlock' && result === 'Success'),
      ).toEqual([]);
      expect((await lockRow()).locked_by).toBe('admin');
    }
  });
});
