import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';

/** The tables that the service reads, by kind of database. It gets privileges for these only. */
const READ_TABLES = {
  api: ['cell_mappings', 'instance_mappings'],
  cell: ['instances', 'instance_actions', 'instance_actions_events', 'migrations', 'services', 'task_log'],
};

/** The database names of a deployment. */
export interface DatabaseNames {
  readonly api: string;
  readonly cells: readonly string[];
}

/** A MariaDB account with its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns the GRANT statements for an account that may only read what the service needs.
 *
 * @param account in SQL: `'name'@'host'`
 */
export function readerGrants({ api, cells }: DatabaseNames, account: string): string[] {
  const tables = [
    ...READ_TABLES.api.map((table) => `${api}.${table}`),
    ...cells.flatMap((cell) => READ_TABLES.cell.map((table) => `${cell}.${table}`)),
  ];
  return tables.map((table) => `GRANT SELECT ON ${table} TO ${account}`);
}

/** Returns the GRANT statements for an account with all privileges, such as Nova's own. */
export function ownerGrants({ api, cells }: DatabaseNames, account: string): string[] {
  // In a GRANT on a whole database, an unescaped `_` in its name matches any character.
  const databases = [api, ...cells].map((name) => `\`${name.replaceAll('_', '\\_')}\``);
  return databases.map((name) => `GRANT ALL PRIVILEGES ON ${name}.* TO ${account}`);
}

/** Returns a login with a unique name, and with a password that needs percent-encoding in a URL. */
export function newLogin(prefix: string): Login {
  return {
    username: `${prefix}_${randomBytes(6).toString('hex')}`,
    // All characters with a meaning in a URL. `%41` detects code that decodes the password twice or not at all.
    password: `p@ss:w/rd%41?#+&{${randomBytes(8).toString('hex')}}`,
  };
}

/** Returns the account in SQL. The host is `%`, because the MariaDB of TEST_MARIADB_URL may be behind a relay. */
export function accountOf({ username }: Login): string {
  return `'${username}'@'%'`;
}

/** Creates the account in MariaDB, and grants the privileges. */
export async function createLogin(
  connection: Connection,
  login: Login,
  grants: readonly string[],
): Promise<void> {
  await connection.query(`CREATE USER ${accountOf(login)} IDENTIFIED BY ?`, [login.password]);
  for (const grant of grants) await connection.query(grant);
}

/** Drops the account, if it exists. */
export async function dropLogin(connection: Connection, login: Login): Promise<void> {
  await connection.query(`DROP USER IF EXISTS ${accountOf(login)}`);
}
