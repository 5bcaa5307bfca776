import { describe, expect, it } from '@jest/globals';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';

const MIGRATION = 'KeepMicroseconds1795737600000';

/** The times of rows of an older store. MariaDB also has times that are not valid dates. */
const OLD_TIMES = {
  SQLite: ['2026-01-02 03:04:05', '2026-01-02 03:04:05.678', null],
  MariaDB: ['2026-01-02 03:04:05', '0000-00-00 00:00:00', '2024-02-31 00:00:00', '9999-12-31 23:59:59', null],
};

describe.each(storeKinds)('the migration to microseconds on %s', (kind, create) => {
  const keep = closeAfterAll();

  it('the migration to microseconds keeps the times of old rows, and lets new rows have microseconds', async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    const source = keep(await ownStore(store.url).initialize());
    while (
      (await source.query<unknown[]>('SELECT 1 FROM nova_action_log_migrations WHERE name = ?', [MIGRATION]))
        .length > 0
    )
      await source.undoLastMigration();
    const times = OLD_TIMES[kind as keyof typeof OLD_TIMES];
    const tables = ['instance_actions', 'instance_actions_events'];
    const insert = async (time: string | null): Promise<void> => {
      for (const table of tables)
        await source.query(`INSERT INTO ${table} (created_at, start_time, finish_time) VALUES (?, ?, ?)`, [
          time,
          time,
          time,
        ]);
    };
    for (const time of times) await insert(time);
    expect(await migrateOwnStore(store.url)).toContain(MIGRATION);
    expect(await migrateOwnStore(store.url)).toEqual([]);
    const now = '2026-01-02 03:04:05.678901';
    await insert(now);
    const fraction = kind === 'SQLite' ? '' : '.000000';
    for (const table of tables) {
      const rows = await source.query<Record<string, string>[]>(
        `SELECT created_at, start_time, finish_time FROM ${table} ORDER BY id`,
      );
      const expected = [...times.map((time) => time && time + fraction), now];
      for (const column of ['created_at', 'start_time', 'finish_time'])
        expect([table, column, rows.map((row) => row[column])]).toEqual([table, column, expected]);
    }
  });
});
