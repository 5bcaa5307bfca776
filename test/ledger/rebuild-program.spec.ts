import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { Lease, onDatabase } from '../../src/database/own-store/lease.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { actionEntry, serverEntry } from '../support/databases/ledger-entries.js';
import { storeKinds } from '../support/databases/stores.js';
import { RECORDED_CELL, WrittenRecord } from '../support/ledger/written-record.js';
import { WorkingFolder } from '../support/process/working-folder.js';

const DAMAGE = "UPDATE copied_instance_actions SET message = 'x' WHERE id % 2 = 0";

describe.each(storeKinds)('the program rebuild.js on %s', (_kind, create) => {
  let written: WrittenRecord;
  let workplace: WorkingFolder;

  const keep = closeAfterAll();

  beforeAll(async () => {
    written = keep(await WrittenRecord.create(create));
    await written.append([serverEntry(1), ...[1, 2, 3, 4].map((id) => actionEntry(id, 1))]);
    workplace = keep(await WorkingFolder.create());
  });

  beforeEach(() => written.source.query('UPDATE copied_instance_actions SET message = NULL'));

  /** Runs the program. @returns its exit code, its standard output and its standard error */
  async function rebuild(...options: string[]): Promise<[unknown, string, string]> {
    const program = workplace.launch({ DATABASE_URL: written.url }, { program: 'rebuild.js', options });
    return [await program.exited(), program.stdout, program.stderr];
  }

  const damagedRows = async (): Promise<number> =>
    (await written.source.query<unknown[]>("SELECT id FROM copied_instance_actions WHERE message = 'x'"))
      .length;

  const recordId = async (): Promise<string | undefined> =>
    (await written.source.query<{ record_id: string }[]>('SELECT record_id FROM record_head'))[0]?.record_id;

  it('a check exits with 1 if the copy is damaged, even while a recorder runs, and changes nothing', async () => {
    expect(await rebuild('--check')).toEqual([
      0,
      'nova-action-log: 5 entries were read, and 0 rows of the copy or the search differ from the record\n',
      '',
    ]);
    await written.source.query(DAMAGE);
    const lease = await new Lease(`record:${RECORDED_CELL}`, onDatabase(written.database)).acquire();
    const [code, output, errors] = await rebuild('--check');
    await lease?.release();
    expect([code, errors]).toEqual([1, '']);
    expect(output).toMatch(
      /differs in message\n(.*\n)*.*5 entries were read, and 2 rows of the copy or the search differ/,
    );
    expect(await damagedRows()).toBe(2);
  });

  it('the rebuild corrects the copy and exits with 0; while a recorder runs, it exits with 1 and changes nothing', async () => {
    await written.source.query(DAMAGE);
    const lease = await new Lease(`record:${RECORDED_CELL}`, onDatabase(written.database)).acquire();
    const refused = await rebuild();
    await lease?.release();
    expect(refused).toEqual([
      1,
      '',
      `nova-action-log cannot rebuild the copy: another process holds the lease "record:${RECORDED_CELL}": stop all recorders first\n`,
    ]);
    expect(await damagedRows()).toBe(2);
    const before = await recordId();
    expect(await rebuild()).toMatchObject([
      0,
      expect.stringContaining('2 rows of the copy or the search were corrected'),
      '',
    ]);
    expect([await damagedRows(), await recordId()]).toEqual([0, before]);
  });

  it('the option --restored sets a new id of the record', async () => {
    const before = await recordId();
    expect((await rebuild('--restored'))[0]).toBe(0);
    const after = await recordId();
    expect(after).toMatch(/^[0-9a-f]{32}$/);
    expect(after).not.toBe(before);
  });

  it('the program exits with 1 and one line if a newer release has migrated the store, and changes nothing', async () => {
    await written.source.query(DAMAGE);
    const rows = "nova_action_log_migrations (timestamp, name) VALUES (1999000000000, 'Later1999000000000')";
    await written.source.query(`INSERT INTO ${rows}`);
    const result = await rebuild();
    await written.source.query("DELETE FROM nova_action_log_migrations WHERE name = 'Later1999000000000'");
    expect(result).toEqual([
      1,
      '',
      'nova-action-log cannot rebuild the copy: DATABASE_URL: the store is newer than this program: Later1999000000000; use the newer release\n',
    ]);
    expect(await damagedRows()).toBe(2);
  });

  it('the program exits with 1 and prints one line if an option is unknown or if options contradict each other', async () => {
    for (const options of [['--all'], ['--check', '--restored']]) {
      const [code, output, errors] = await rebuild(...options);
      expect([code, output]).toEqual([1, '']);
      expect(errors).toMatch(
        /^nova-action-log cannot rebuild the copy: [^\n]*the only options are [^\n]*\n$/,
      );
    }
  });
});

describe('the program rebuild.js without a store', () => {
  const keep = closeAfterAll();

  it.each([
    [{ DATABASE_URL: 'sqlite://absent.sqlite' }, /DATABASE_URL: the file .*absent\.sqlite does not exist/],
    [{ NOVA_API_DATABASE_URL: 'mysql://u:p@127.0.0.1:1/nova_api' }, /DATABASE_URL must be set/],
  ])('the program exits with 1 and one line, and creates no SQLite file: %j', async (settings, line) => {
    const workplace = keep(await WorkingFolder.create());
    const program = workplace.launch(
      { DATABASE_URL: '', ...settings },
      { program: 'rebuild.js', options: ['--check'] },
    );
    expect([await program.exited(), program.stdout]).toEqual([1, '']);
    expect(program.stderr).toMatch(line);
    expect(program.stderr.match(/\n/g)).toHaveLength(1);
    expect(readdirSync(workplace.folder).filter((name) => /sqlite|data/.test(name))).toEqual([]);
  });
});
