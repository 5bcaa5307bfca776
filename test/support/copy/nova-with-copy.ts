import { createConnection } from 'mysql2/promise';
import type { Place } from '../../../src/ledger/record/entry.js';
import { loadFixture } from '../../conformance/cases.js';
import { mariaDb } from '../databases/mariadb.js';
import { migrateOwnStore } from '../databases/own-store.js';
import { Relay } from '../http/relay.js';
import { createNovaDatabases, type NovaDatabases } from '../nova/databases.js';
import { accountOf, createLogin, dropLogin, newLogin } from '../nova/logins.js';
import { type RunningService, startService } from '../service/service.js';
import { copyRows } from './copied-rows.js';

/** The tables that the service reads in the copy. `docs/deploy/beside-nova.md` names the same tables. */
export const COPY_TABLES = [
  'copied_instances',
  'copied_instance_actions',
  'copied_instance_actions_events',
  'record_cells',
  'record_ranges',
] as const;

/** Nova's databases behind relays, and a copy of their rows in MariaDB. */
export interface NovaWithCopy {
  readonly databases: NovaDatabases;
  readonly relays: Readonly<Record<'api' | 'cell1' | 'copy', Relay>>;
  /** Runs a statement in the copy, with the administrator's account. */
  change(sql: string, values?: readonly unknown[]): Promise<void>;
  /** Starts a service with both. Its account in the copy can only SELECT from COPY_TABLES. */
  start(settings?: Readonly<Record<string, string>>): Promise<RunningService>;
  stop(): Promise<void>;
}

/** Creates Nova's databases with the rows of the recorded requests, and copies the rows. @param place as in `copyRows` */
export async function novaWithCopy(place: Place): Promise<NovaWithCopy> {
  const server = await mariaDb();
  const databases = await createNovaDatabases(server);
  await databases.fill(loadFixture());
  const storeUrl = await server.createDatabase('copy');
  await migrateOwnStore(storeUrl);
  await copyRows(databases, storeUrl, place);
  const port = Number(new URL(storeUrl).port);
  const relays = { api: await Relay.to(port), cell1: await Relay.to(port), copy: await Relay.to(port) };
  const admin = await createConnection(databases.adminUrl('nova_api'));
  const { url, uuid } = databases.cells.cell1;
  await admin.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [
    through(relays.cell1, url),
    uuid,
  ]);
  const reader = newLogin('copy');
  const store = new URL(storeUrl);
  const name = store.pathname.slice(1);
  const grants = COPY_TABLES.map((table) => `GRANT SELECT ON ${name}.${table} TO ${accountOf(reader)}`);
  await createLogin(admin, reader, grants);
  store.username = reader.username;
  store.password = encodeURIComponent(reader.password);
  return {
    databases,
    relays,
    async change(sql, values = []) {
      await admin.query(`USE ${name}`);
      await admin.query(sql, [...values]);
    },
    start: (settings = {}) =>
      startService({
        NOVA_API_DATABASE_URL: through(relays.api, databases.apiUrl),
        DATABASE_URL: through(relays.copy, store.href),
        ...settings,
      }),
    async stop() {
      for (const relay of Object.values(relays)) relay.close();
      await dropLogin(admin, reader);
      await admin.end();
      await databases.remove();
      await server.stop();
    },
  };
}

function through(relay: Relay, url: string): string {
  return url.replace(/:\d+\//, `:${relay.port}/`);
}
