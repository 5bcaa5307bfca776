import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { readLog, resetLog, truthOf } from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { runAndKill } from '../support/databases/killed-process.js';

/** The state of a lock in the log, if the process is killed before the first statement, the second one, and so on. */
const TRUTHS = [
  ...['nothing', 'nothing', 'nothing', 'nothing', 'nothing'], // before SELECT, BEGIN, two INSERTs and COMMIT
  ...['open', 'open', 'open', 'open', 'open'], // before BEGIN, three UPDATEs and COMMIT
  'Success', // not killed
];

describe.each(storeKinds)('the recorder of actions on %s', (_kind, create) => {
  let store: TestStore;
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(() => resetLog(source));

  /** Locks a server in a process that kills itself. @returns its output */
  async function lockAndKill(statements: number, mode = ''): Promise<string> {
    await resetLog(source);
    return runAndKill(store.url, source, ['lock', String(statements), mode]);
  }

  /** Returns the state of the lock in the log. Fails if the log contradicts the row of the server. */
  async function truthOfLock(): Promise<string> {
    const rows = await source.query<{ locked: number | null }[]>('SELECT locked FROM instances');
    const names = rows.map(({ locked }) => (locked === 1 ? 'new' : 'old'));
    return truthOf({ ...(await readLog(source)), names });
  }

  it('the recorder leaves no change, and at most an action without an end, if its process is killed between any two statements', async () => {
    const outputs: string[] = [];
    for (const [statements, truth] of TRUTHS.entries()) {
      outputs.push(await lockAndKill(statements));
      expect([outputs.at(-1), await truthOfLock()]).toEqual([outputs.at(-1), truth]);
    }
    expect(outputs.map((output) => output.split(' ').slice(0, 2).join(' '))).toEqual([
      expect.stringMatching(/^SELECT /),
      expect.stringMatching(/^(START|BEGIN) TRANSACTION$/),
      ...['INSERT INTO', 'INSERT INTO', 'COMMIT'],
      expect.stringMatching(/^(START|BEGIN) TRANSACTION$/),
      expect.stringMatching(/^UPDATE .instances.$/),
      ...['UPDATE instance_actions_events', 'UPDATE instance_actions', 'COMMIT'],
      'done',
    ]);
  });

  it.each([
    ['first', 4, ['nothing', 'open']],
    ['second', 9, ['open', 'Success']],
  ])(
    'the recorder leaves a complete transaction or none if its process is killed after it has sent the %s commit',
    async (_which, statements, truths) => {
      expect(await lockAndKill(statements, 'sent')).toBe('COMMIT');
      expect(truths).toContain(await truthOfLock());
    },
  );
});
