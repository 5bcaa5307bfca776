import type { QueryError } from 'mysql2';

/** The MySQL and MariaDB error numbers which mean that the host can run no query at all. */
const HOST_ERRORS = new Set([
  1040, // too many connections
  1044, // access to this database denied
  1045, // login denied
  1047, // a Galera node that is not in sync with the others
  1049, // no such database
  1053, // shutting down
  1129, // the server blocks the address of the service
  1130, // the account does not allow the address of the service
  1203, // too many connections of this account
  1226, // a resource limit of this account is reached
  1698, // access denied without a password
  1927, // the connection was killed
  3118, // the account is locked (MySQL)
  4151, // the account is locked (MariaDB)
]);

/** Returns true if the host caused the error and not the query: any other query would also have failed. */
export function isHostError(error: unknown): boolean {
  const { code, fatal, errno, sqlState } = driverErrorOf(error);
  if (code === undefined && fatal !== true) return false;
  return sqlState === undefined || (errno !== undefined && HOST_ERRORS.has(errno));
}

/** The error numbers of a transaction that was rolled back because of a conflict with another one. It can run again. */
const CONFLICTS = new Set([
  1205, // lock wait timeout
  1213, // a deadlock, or on Galera a write to the same row on another node
]);

/** Returns true if the database rolled back a statement or a transaction because of a conflict with another one. */
export function isConflict(error: unknown): boolean {
  const { errno, code } = driverErrorOf(error);
  return (errno !== undefined && CONFLICTS.has(errno)) || /^SQLITE_(BUSY|LOCKED)/.test(code ?? '');
}

/**
 * Returns the cause of a failed transaction: a conflict with another transaction (`conflict`), the host (`host`), or the
 * values or code of the transaction (`own`).
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

/** The errors that wrong settings cause: the server's numbers and the driver's codes. */
const ACCESS_ERRORS = new Set<unknown>([
  ...[1044, 1045, 1049, 1130, 1698, 3118, 4151],
  'AUTH_SWITCH_PLUGIN_ERROR', // an unsupported authentication plugin
  'HANDSHAKE_NO_SSL_SUPPORT', // TLS is required, and the server does not support it
]);

/** Returns true if the server rejects the login or does not have the database. */
export function isAccessError(error: unknown): boolean {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  return ACCESS_ERRORS.has(errno) || ACCESS_ERRORS.has(code);
}
