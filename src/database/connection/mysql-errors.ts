import type { QueryError } from 'mysql2';

/**
 * The error numbers of MySQL and MariaDB for problems of the host or of the database account, which prevent every
 * query.
 */
const HOST_ERRORS = new Set([
  // The server has too many connections.
  1040,
  // The account may not use this database.
  1044,
  // The user name or the password is wrong.
  1045,
  // The Galera node is not in sync with the others.
  1047,
  // The database does not exist.
  1049,
  // The server is shutting down.
  1053,
  // The server blocks the IP address of the service after too many failed connections.
  1129,
  // The account does not permit connections from the IP address of the service.
  1130,
  // This account has too many connections.
  1203,
  // A resource limit of this account is reached.
  1226,
  // The server denies access without a password.
  1698,
  // The connection was killed.
  1927,
  // The account is locked (MySQL).
  3118,
  // The account is locked (MariaDB).
  4151,
]);

/** Returns true if the host caused the error. Every other query on the host would have failed, too. */
export function isHostError(error: unknown): boolean {
  const { code, fatal, errno, sqlState } = driverErrorOf(error);
  if (code === undefined && fatal !== true) return false;
  return sqlState === undefined || (errno !== undefined && HOST_ERRORS.has(errno));
}

/**
 * The error numbers that mean that the database rolled back a transaction because of a conflict with another one. The
 * transaction can run again.
 */
const CONFLICTS = new Set([
  // The transaction waited too long for a lock.
  1205,
  // There was a deadlock. On Galera, also a write to the same row on another node.
  1213,
]);

/** Returns true if the database rolled back a statement or a transaction because of a conflict with another one. */
export function isConflict(error: unknown): boolean {
  const { errno, code } = driverErrorOf(error);
  return (errno !== undefined && CONFLICTS.has(errno)) || /^SQLITE_(BUSY|LOCKED)/.test(code ?? '');
}

/**
 * Returns what caused a transaction to fail: a conflict with another transaction (`conflict`), a problem of the host
 * (`host`), or the values or the code of the transaction (`own`).
 */
export function failureKind(error: unknown): 'conflict' | 'host' | 'own' {
  if (isConflict(error)) return 'conflict';
  const { code } = driverErrorOf(error);
  if (code?.startsWith('SQLITE_')) return code.startsWith('SQLITE_CONSTRAINT') ? 'own' : 'host';
  return isHostError(error) ? 'host' : 'own';
}

/**
 * Returns true if the database rejects a value of a statement, for example because it is too long for its column. The
 * same statement without the value may succeed.
 */
export function isValueError(error: unknown): boolean {
  const { errno, sqlState, code } = driverErrorOf(error);
  // States that begin with 22 mean an invalid value; MySQL uses the general state for an invalid text (1366).
  return (
    sqlState?.startsWith('22') === true || errno === 1366 || code?.startsWith('SQLITE_CONSTRAINT') === true
  );
}

/** Returns true if a row with the same key exists, for example because of another transaction at the same time. */
export function isDuplicate(error: unknown): boolean {
  const { errno, code } = driverErrorOf(error);
  return errno === 1062 || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

function driverErrorOf(error: unknown): Partial<QueryError> {
  if (typeof error !== 'object' || error === null) return {};
  return ('driverError' in error ? error.driverError : error) as Partial<QueryError>;
}

/**
 * The errors that a wrong setting causes, such as a wrong password: error numbers of the server, and error codes of the
 * driver.
 */
const ACCESS_ERRORS = new Set<unknown>([
  ...[1044, 1045, 1049, 1130, 1698, 3118, 4151],
  // The server requires an unsupported authentication plugin.
  'AUTH_SWITCH_PLUGIN_ERROR',
  // The settings require TLS, and the server does not support it.
  'HANDSHAKE_NO_SSL_SUPPORT',
]);

/** Returns true if the server rejects the database account, or has no database with this name. */
export function isAccessError(error: unknown): boolean {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  return ACCESS_ERRORS.has(errno) || ACCESS_ERRORS.has(code);
}

/** The error numbers of a server that has stopped a statement, because it took too long or because of an operator. */
const STOPPED_STATEMENT = [1317, 1969, 3024];

/**
 * Returns true if the server rejects the account or the statement, for example because a privilege or a table is missing.
 * The statement then fails until an operator changes a setting. Returns false if the server is unreachable, slow or
 * overloaded.
 */
export function isRejection(error: unknown): boolean {
  if (isAccessError(error)) return true;
  const number = serverErrorNumber(error);
  return number !== undefined && !HOST_ERRORS.has(number) && !STOPPED_STATEMENT.includes(number);
}

/** Returns the error number if a MySQL or MariaDB server has responded with an error, otherwise undefined. */
export function serverErrorNumber(error: unknown): number | undefined {
  const { errno, sqlState } = driverErrorOf(error);
  return sqlState === undefined ? undefined : errno;
}
