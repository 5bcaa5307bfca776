import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { closeAfterAll } from '../support/close-after-all.js';
import { runAndKill } from '../support/databases/killed-process.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { SERVERS } from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

const GROUP_TABLES = ['instance_group_policy', 'instance_group_member', 'instance_groups'];

/** A group with two members, as numbers of rows in `GROUP_TABLES`. */
const [GROUP, NEW_GROUP, NO_GROUP] = ['1,2,1', '1,0,1', '0,0,0'];

describe.each(storeKinds)('server groups on %s', (_kind, create) => {
  let store: TestStore;
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  async function insertGroup(): Promise<void> {
    await source.query("INSERT INTO instance_groups (id, uuid) VALUES (1, 'a-group')");
    await source.query("INSERT INTO instance_group_policy (group_id, policy) VALUES (1, 'affinity')");
    for (const uuid of SERVERS)
      await source.query('INSERT INTO instance_group_member (group_id, instance_uuid) VALUES (1, ?)', [uuid]);
  }

  async function rowsOfGroups(): Promise<string> {
    const counts: number[] = [];
    for (const table of GROUP_TABLES)
      counts.push((await source.query<unknown[]>(`SELECT id FROM ${table}`)).length);
    return counts.join();
  }

  it.each([
    ['create', NO_GROUP, NEW_GROUP],
    ['delete', GROUP, NO_GROUP],
  ] as const)(
    'server groups change completely or not at all if the process is killed between any two statements: %s',
    async (name, before, after) => {
      const outputs: string[] = [];
      while (outputs.at(-1) !== 'done') {
        for (const table of GROUP_TABLES) await source.query(`DELETE FROM ${table}`);
        if (before === GROUP) await insertGroup();
        outputs.push(await runAndKill(store.url, source, [name, String(outputs.length)]));
        const expected = outputs.at(-1) === 'done' ? after : before;
        expect([outputs.at(-1), await rowsOfGroups()]).toEqual([outputs.at(-1), expected]);
      }
      expect(outputs.at(-2)).toBe('COMMIT');
      expect(outputs.length).toBeGreaterThan(5);
    },
  );
});
