/**
 * A program that holds a lease until it is killed. Its arguments are the URL of the service's own database and the name
 * of the lease. It prints `acquired`, or `not free` if another process holds the lease.
 */
import 'reflect-metadata';
import { Lease, onDatabase } from '../../../src/database/own-store/lease.js';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { tablesOf } from '../../../src/database/tables/module-with-tables.js';

const [, , DATABASE_URL = '', name = ''] = process.argv;
const { database } = await OwnStore.open({ DATABASE_URL, MIGRATE_ON_START: true }, tablesOf([]));
const held = await new Lease(name, onDatabase(database)).acquire();
process.stdout.write(held === undefined ? 'not free\n' : 'acquired\n');
setInterval(() => undefined, 1_000);
