import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';

/** Names of tables, by kind of database. */
interface TablesByKind {
  readonly api: readonly string[];
  readonly cell: readonly string[];
}

/** The tables that the service reads. The account `reader` gets privileges for these tables only. */
const READ_TABLES: TablesByKind = {
  api: [
    ...['cell_mappings', 'instance_mappings'],
    ...['instance_groups', 'instance_group_policy', 'instance_group_member'],
  ],
  cell: ['instances', 'instance_actions', 'instance_actions_events', 'migrations', 'services', 'task_log'],
};

/** The tables that the recorder reads. The account `recorder` gets privileges for these tables only. */
const RECORDED_TABLES: TablesByKind = {
  api: ['cell_mappings', 'instance_mappings'],
  cell: [
    ...['instances', 'instance_extra', 'instance_actions', 'instance_actions_events'],
    ...['shadow_instances', 'shadow_instance_extra'],
    ...['shadow_instance_actions', 'shadow_instance_actions_events'],
  ],
};

/** The names of a deployment's databases. */
export interface DatabaseNames {
  readonly api: string;
  readonly cells: readonly string[];
}

/** A MariaDB account and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns the GRANT statements for an account that may read only the tables that the service needs.
 *
 * @param account the account in SQL: `'name'@'host'`
 */
export function readerGrants(names: DatabaseNames, account: string): string[] {
  return selectGrants(READ_TABLES, names, account);
}

/** Returns the GRANT statements for an account that may read only the tables that the recorder needs. */
export function recorderGrants(names: DatabaseNames, account: string): string[] {
  return selectGrants(RECORDED_TABLES, names, account);
}

function selectGrants(tables: TablesByKind, { api, cells }: DatabaseNames, account: string): string[] {
  const names = [
    ...tables.api.map((table) => `${api}.${table}`),
    ...cells.flatMap((cell) => tables.cell.map((table) => `${cell}.${table}`)),
  ];
  return names.map((name) => `GRANT SELECT ON ${name} TO ${account}`);
}

/** Returns the GRANT statements for an account with all privileges on the databases, such as Nova's own account. */
export function ownerGrants({ api, cells }: DatabaseNames, account: string): string[] {
  // In the database name of a GRANT, `_` is a wildcard for any character, so it must be escaped.
  const databases = [api, ...cells].map((name) => `\`${name.replaceAll('_', '\\_')}\``);
  return databases.map((name) => `GRANT ALL PRIVILEGES ON ${name}.* TO ${account}`);
}

/** Returns an account with a unique name. The characters of its password must be percent-encoded in a URL. */
export function newLogin(prefix: string): Login {
  return {
    username: `${prefix}_${randomBytes(6).toString('hex')}`,
    // The password contains all characters that have a meaning in a URL. Because of `%41`, the login fails if the
    // password is decoded twice or not at all.
    password: `p@ss:w/rd%41?#+&{${randomBytes(8).toString('hex')}}`,
  };
}

/**
 * Returns an account in the syntax of SQL. Its host is `%` (any client address), because the MariaDB in
 * TEST_MARIADB_URL may be behind a proxy.
 */
export function accountOf({ username }: Login): string {
  return `'${username}'@'%'`;
}

/** Creates an account in MariaDB, and gives it privileges. */
export async function createLogin(
  connection: Connection,
  login: Login,
  grants: readonly string[],
): Promise<void> {
  await connection.query(`CREATE USER ${accountOf(login)} IDENTIFIED BY ?`, [login.password]);
  for (const grant of grants) await connection.query(grant);
}

export async function dropLogin(connection: Connection, login: Login): Promise<void> {
  await connection.query(`DROP USER IF EXISTS ${accountOf(login)}`);
}
