import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Lease, onDatabase } from '../../src/database/own-store/lease.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { numberFor } from '../../src/ledger/cell-states.js';
import { append } from '../../src/ledger/ledger.js';
import { project } from '../../src/ledger/projection.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { actionEntry, serverEntry } from '../support/databases/ledger-entries.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { WorkingFolder } from '../support/process/working-folder.js';

const CELL = '5e7e5e7e-0000-4000-8000-00000000c311';
const DAMAGE = "UPDATE copied_instance_actions SET message = 'x' WHERE id % 2 = 0";

describe.each(storeKinds)('the program rebuild.js on %s', (_kind, create) => {
  let url: string;
  let own: OwnStore;
  let source: DataSource;
  let workplace: WorkingFolder;

  const keep = closeAfterAll();

  beforeAll(async () => {
    ({ url } = keep(await create()));
    own = keep(await OwnStore.open({ DATABASE_URL: url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(url).initialize());
    await own.database.write((manager) => numberFor(manager, { uuid: CELL, name: 'one', created_at: null }));
    await own.database.write(async (manager) => {
      const actions = [1, 2, 3, 4].map((id) => actionEntry(id, 1));
      await project(manager, await append(manager, [serverEntry(1), ...actions]));
    });
    workplace = keep(await WorkingFolder.create());
  });

  beforeEach(() => source.query('UPDATE copied_instance_actions SET message = NULL'));

  /** Runs the program. @returns its exit code, its standard output and its standard error */
  async function rebuild(...options: string[]): Promise<[unknown, string, string]> {
    const program = workplace.launch({ DATABASE_URL: url }, { program: 'rebuild.js', options });
    return [await program.exited(), program.stdout, program.stderr];
  }

  const damagedRows = async (): Promise<number> =>
    (await source.query<unknown[]>("SELECT id FROM copied_instance_actions WHERE message = 'x'")).length;

  const recordId = async (): Promise<string | undefined> =>
    (await source.query<{ record_id: string }[]>('SELECT record_id FROM record_head'))[0]?.record_id;

  it('a check exits with 1 if the copy is damaged, even while a recorder runs, and changes nothing', async () => {
    expect(await rebuild('--check')).toEqual([
      0,
      'nova-action-log: 5 entries were read, and 0 rows of the copy differ from the record\n',
      '',
    ]);
    await source.query(DAMAGE);
    const lease = await new Lease(`record:${CELL}`, onDatabase(own.database)).acquire();
    const [code, output, errors] = await rebuild('--check');
    await lease?.release();
    expect([code, errors]).toEqual([1, '']);
    expect(output).toMatch(/differs in message\n(.*\n)*.*5 entries were read, and 2 rows of the copy differ/);
    expect(await damagedRows()).toBe(2);
  });

  it('the rebuild corrects the copy and exits with 0; while a recorder runs, it exits with 1 and changes nothing', async () => {
    await source.query(DAMAGE);
    const lease = await new Lease(`record:${CELL}`, onDatabase(own.database)).acquire();
    const refused = await rebuild();
    await lease?.release();
    expect(refused).toEqual([
      1,
      '',
      `nova-action-log cannot rebuild the copy: another process holds the lease "record:${CELL}": stop all recorders first\n`,
    ]);
    expect(await damagedRows()).toBe(2);
    const before = await recordId();
    expect(await rebuild()).toMatchObject([
      0,
      expect.stringContaining('2 rows of the copy were corrected'),
      '',
    ]);
    expect([await damagedRows(), await recordId()]).toEqual([0, before]);
  });

  it('the option --restored gives the record a new id', async () => {
    const before = await recordId();
    expect((await rebuild('--restored'))[0]).toBe(0);
    const after = await recordId();
    expect(after).toMatch(/^[0-9a-f]{32}$/);
    expect(after).not.toBe(before);
  });

  it('the program exits with 1 and one line if an option is unknown or if options contradict', async () => {
    for (const options of [['--all'], ['--check', '--restored']]) {
      const [code, output, errors] = await rebuild(...options);
      expect([code, output]).toEqual([1, '']);
      expect(errors).toMatch(
        /^nova-action-log cannot rebuild the copy: [^\n]*the only options are [^\n]*\n$/,
      );
    }
  });
});
