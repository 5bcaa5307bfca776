import { beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type JoinedLookup, lookupSql } from '../../src/database/rows/lookup.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { closeAfterAll } from '../support/close-after-all.js';

const LOOKUP: JoinedLookup = {
  maxKeys: 100,
  maxInFlight: 1,
  key: { table: '{things}', columns: ['uuid', 'name'] },
  select: 'things.id',
  from: '{things} ON things.uuid = wanted.uuid AND things.name = wanted.name',
};

/**
 * Operators sometimes convert Nova's tables to another collation. A lookup must use the index of the table with each
 * collation.
 */
describe('a lookup by keys', () => {
  let server: PrivateMariaDb;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await privateMariaDb());
  });

  it.each([
    'utf8mb3_general_ci',
    'utf8mb3_unicode_ci',
    'utf8mb4_unicode_ci',
    'utf8mb4_bin',
    'ascii_general_ci',
  ])(
    'a lookup by keys uses the index of columns with the collation %s, and compares texts with that collation',
    async (collation) => {
      const url = await server.createDatabase(`c_${collation}`);
      const source = await new DataSource({ type: 'mysql', url, charset: 'utf8mb4' }).initialize();
      try {
        await source.query(
          `CREATE TABLE things (id int AUTO_INCREMENT PRIMARY KEY, uuid varchar(36), name varchar(255), KEY (uuid))
           CHARACTER SET ${collation.split('_')[0] ?? ''} COLLATE ${collation}`,
        );
        await source.query(
          "INSERT INTO things (uuid, name) SELECT CONCAT('u', seq), CONCAT('n', seq) FROM seq_1_to_500",
        );
        await source.query('ANALYZE TABLE things');
        const runner = source.createQueryRunner();
        // The service executes this statement in each new session on Nova's databases.
        await runner.query('SET SESSION collation_connection = utf8_general_ci');
        const sql = lookupSql(LOOKUP, source, 4);
        const keys = ['u5', 'n5', 'U6', 'n6', 'u7', 'n8', 'u9😀', 'n9'];
        const rows = (await runner.query(sql, keys)) as { place: number; id: number }[];
        const isBinary = collation.endsWith('_bin');
        expect(rows.map(({ place, id }) => [place, id])).toEqual(
          isBinary
            ? [[0, 5]]
            : [
                [0, 5],
                [1, 6],
              ],
        );
        const plan = (await runner.query(`EXPLAIN ${sql}`, keys)) as { table: string; type: string }[];
        expect(plan.filter(({ table }) => table === 'things').map(({ type }) => type)).toEqual(['ref']);
        await runner.release();
      } finally {
        await source.destroy();
      }
    },
  );
});
