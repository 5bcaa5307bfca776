import type { QueryError } from 'mysql2';

/** What a server that is there says when it cannot serve anybody, by MySQL's and MariaDB's numbers. */
const UNABLE = new Set([
  1040, // too many connections
  1044, // no access to this database
  1045, // no access at all
  1047, // a Galera node that is not in sync with the others
  1049, // no such database
  1053, // shutting down
  1129, // this client is blocked
  1203, // too many connections of this user
  1226, // a limit of this user is reached
  1927, // the connection was killed
]);

/** Whether no question could have been answered, as opposed to this one. */
export function isFaultOfHost(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const cause = 'driverError' in error ? error.driverError : error;
  const { code, fatal, errno, sqlState } = cause as Partial<QueryError>;
  if (code === undefined && fatal !== true) return false;
  return sqlState === undefined || (errno !== undefined && UNABLE.has(errno));
}

/** The server is there and knows no such login or database. */
export function isRefusal(error: unknown): boolean {
  const { errno } = error as { errno?: unknown };
  return errno === 1044 || errno === 1045 || errno === 1049;
}
