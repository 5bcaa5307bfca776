/**
 * A process that appends entries to the record until it is killed. Its arguments are the URL of the store and a name,
 * which is in all its entries. It rolls back one transaction in four.
 */
import 'reflect-metadata';
import { DatabaseUnavailable } from '../../../src/database/connection/database.js';
import { setDatabaseTimeLimits } from '../../../src/database/connection/time-limits.js';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { tablesOf } from '../../../src/database/tables/module-with-tables.js';
import type { NewEntry } from '../../../src/ledger/record/entry.js';
import { append } from '../../../src/ledger/record/record.js';

const [, , DATABASE_URL = '', name = ''] = process.argv;
setDatabaseTimeLimits(20_000);
const { database } = await OwnStore.open({ DATABASE_URL, MIGRATE_ON_START: false }, tablesOf([]));

const rollback = new Error('the transaction is rolled back');
const entry: NewEntry = {
  ...{
    kind: 'unreadable',
    cell: 1,
    epoch: 0,
    novaId: null,
    serverUuid: name,
    projectId: null,
    previous: null,
  },
  body: { table: 'instance_actions', reason: 'a test', row: null },
};

for (let n = 0; ; n += 1) {
  const written = database.write(async (manager) => {
    await append(
      manager,
      Array.from({ length: 1 + (n % 3) }, () => entry),
    );
    if (n % 4 === 3) throw rollback;
  });
  await written.catch((error: unknown) => {
    if (error !== rollback && !(error instanceof DatabaseUnavailable)) throw error;
  });
}
