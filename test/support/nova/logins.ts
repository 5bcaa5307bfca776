import { randomBytes } from 'node:crypto';
import type { Connection } from 'mysql2/promise';

/** What the service needs to see in a database of each kind; no more is granted to it. */
const NEEDED = {
  api: ['cell_mappings', 'instance_mappings'],
  cell: ['instances', 'instance_actions', 'instance_actions_events', 'migrations', 'services', 'task_log'],
};

/** The names that a deployment's databases have. */
export interface DatabaseNames {
  readonly api: string;
  readonly cells: readonly string[];
}

/** A login of MariaDB. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * The statements that let a login read what the service needs, and nothing else.
 *
 * @param account as SQL has it: `'name'@'host'`
 */
export function readerGrants({ api, cells }: DatabaseNames, account: string): string[] {
  const tables = [
    ...NEEDED.api.map((table) => `${api}.${table}`),
    ...cells.flatMap((cell) => NEEDED.cell.map((table) => `${cell}.${table}`)),
  ];
  return tables.map((table) => `GRANT SELECT ON ${table} TO ${account}`);
}

/** The statements that let a login do everything there, as Nova's own may. */
export function ownerGrants({ api, cells }: DatabaseNames, account: string): string[] {
  // In the name of a whole database, and only there, an underscore stands for any character.
  const databases = [api, ...cells].map((name) => `\`${name.replaceAll('_', '\\_')}\``);
  return databases.map((name) => `GRANT ALL PRIVILEGES ON ${name}.* TO ${account}`);
}

/** A login with a name of its own and a password that is hard to write into a URL. */
export function newLogin(prefix: string): Login {
  return {
    username: `${prefix}_${randomBytes(6).toString('hex')}`,
    // All that has a meaning in a URL; `%41` tells whether it is decoded once, twice or not at all.
    password: `p@ss:w/rd%41?#+&{${randomBytes(8).toString('hex')}}`,
  };
}

/** The login in SQL. From anywhere: a given server may lie behind a relay. */
export function accountOf({ username }: Login): string {
  return `'${username}'@'%'`;
}

/** Makes the login in MariaDB. */
export async function createLogin(
  connection: Connection,
  login: Login,
  grants: readonly string[],
): Promise<void> {
  await connection.query(`CREATE USER ${accountOf(login)} IDENTIFIED BY ?`, [login.password]);
  for (const grant of grants) await connection.query(grant);
}

/** Drops the login, if there is one. */
export async function dropLogin(connection: Connection, login: Login): Promise<void> {
  await connection.query(`DROP USER IF EXISTS ${accountOf(login)}`);
}
