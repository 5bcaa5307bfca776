import type { QueryError } from 'mysql2';

/** Errors of a server that can serve no query, by MySQL's and MariaDB's numbers. */
const HOST_ERRORS = new Set([
  1040, // too many connections
  1044, // no access to this database
  1045, // no access at all
  1047, // a Galera node that is not in sync with the others
  1049, // no such database
  1053, // shutting down
  1129, // this client is blocked
  1130, // this client's address is not allowed
  1203, // too many connections of this user
  1226, // a limit of this user is reached
  1698, // no access without a password
  1927, // the connection was killed
  3118, // the account is locked, for MySQL
  4151, // and for MariaDB
]);

/** Whether the host is to blame, and not the query: any other query would have failed too. */
export function isHostError(error: unknown): boolean {
  const { code, fatal, errno, sqlState } = driverErrorOf(error);
  if (code === undefined && fatal !== true) return false;
  return sqlState === undefined || (errno !== undefined && HOST_ERRORS.has(errno));
}

/** Errors of a transaction that the database undoes because of another one. It can run again. */
const CONFLICTS = new Set([
  1205, // it waited too long for a lock
  1213, // a deadlock; on Galera also the later of two transactions on different nodes that write the same row
]);

/** Whether the database undid a statement or a transaction because of a conflict with another one. */
export function isConflict(error: unknown): boolean {
  const { errno, code } = driverErrorOf(error);
  return (errno !== undefined && CONFLICTS.has(errno)) || /^SQLITE_(BUSY|LOCKED)/.test(code ?? '');
}

/**
 * Why a transaction failed: by a conflict with another transaction (`conflict`), by a fault of the host (`host`), or by
 * its own values or code (`own`).
 */
export function failureKind(error: unknown): 'conflict' | 'host' | 'own' {
  if (isConflict(error)) return 'conflict';
  const { code } = driverErrorOf(error);
  if (code?.startsWith('SQLITE_')) return code.startsWith('SQLITE_CONSTRAINT') ? 'own' : 'host';
  return isHostError(error) ? 'host' : 'own';
}

function driverErrorOf(error: unknown): Partial<QueryError> {
  if (typeof error !== 'object' || error === null) return {};
  return ('driverError' in error ? error.driverError : error) as Partial<QueryError>;
}

/** Errors that the settings are to blame for, by the server's numbers and the driver's codes. */
const ACCESS_ERRORS = new Set<unknown>([
  ...[1044, 1045, 1049, 1130, 1698, 3118, 4151],
  'AUTH_SWITCH_PLUGIN_ERROR', // an unknown way to log in
  'HANDSHAKE_NO_SSL_SUPPORT', // TLS is required, and the server does not support it
]);

/** Whether the server responds and refuses the login, or has no such database. */
export function isAccessError(error: unknown): boolean {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  return ACCESS_ERRORS.has(errno) || ACCESS_ERRORS.has(code);
}
