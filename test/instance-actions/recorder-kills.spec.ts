import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { entriesAfter, head } from '../../src/ledger/record/record.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { readLog, resetLog, truthOf } from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { runAndKill } from '../support/databases/killed-process.js';

/** The start of each statement that appends an entry to the record. */
const APPEND = ['UPDATE record_head', 'SELECT position,', 'INSERT INTO'];

/** The state of a lock in the log, if the process is killed before the first statement, the second one, and so on. */
const TRUTHS = [
  ...['nothing', 'nothing', 'nothing', 'nothing'], // before SELECT, BEGIN and two INSERTs
  ...['nothing', 'nothing', 'nothing', 'nothing'], // before the statements of the record, and COMMIT
  ...['open', 'open', 'open', 'open'], // before BEGIN and three UPDATEs
  ...['open', 'open', 'open', 'open'], // before the statements of the record, and COMMIT
  'Success', // not killed
];

describe.each(storeKinds)('the recorder of actions on %s', (_kind, create) => {
  let store: TestStore;
  let source: DataSource;
  /** The last position of the record before the lock. */
  let start: number;

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
    start = (await head(source)).position;
    return runAndKill(store.url, source, ['lock', String(statements), mode]);
  }

  /** Returns the state of the lock in the log. Fails if the log contradicts the row of the server, or the record. */
  async function truthOfLock(): Promise<string> {
    const rows = await source.query<{ locked: number | null }[]>('SELECT locked FROM instances');
    const names = rows.map(({ locked }) => (locked === 1 ? 'new' : 'old'));
    const log = await readLog(source);
    const newest = (await entriesAfter(source, start, 10)).map(({ body }) => body).at(-1);
    expect(newest).toEqual(log.actions[0] && { action: log.actions[0], events: log.events, place: 1 });
    return truthOf({ ...log, names });
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
      ...['INSERT INTO', 'INSERT INTO', ...APPEND, 'COMMIT'],
      expect.stringMatching(/^(START|BEGIN) TRANSACTION$/),
      expect.stringMatching(/^UPDATE .instances.$/),
      ...['UPDATE instance_actions_events', 'UPDATE instance_actions', ...APPEND, 'COMMIT'],
      'done',
    ]);
  });

  it.each([
    ['first', 7, ['nothing', 'open']],
    ['second', 15, ['open', 'Success']],
  ])(
    'the recorder leaves a complete transaction or none if its process is killed after it has sent the %s commit',
    async (_which, statements, truths) => {
      expect(await lockAndKill(statements, 'sent')).toBe('COMMIT');
      expect(truths).toContain(await truthOfLock());
    },
  );
});
