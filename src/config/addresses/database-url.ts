import { errorText } from '../../common/error-text.js';
import { type MysqlAddress, parseMysqlUrl } from './mysql-address.js';

/** The address of the service's own database, from DATABASE_URL. */
export type DatabaseAddress = { readonly kind: 'sqlite'; readonly path: string } | MysqlAddress;

/**
 * Parses `sqlite://path`, or a URL that `parseMysqlUrl` accepts.
 *
 * @throws Error if the address is invalid; the message does not contain the address, which may include a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url.startsWith('sqlite://')) {
    const path = url.slice('sqlite://'.length);
    if (path === '' || path === ':memory:') throw new Error('must have the path of a file after sqlite://');
    return { kind: 'sqlite', path };
  }
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(url)) throw new Error('must start with sqlite:// or mysql://');
  return parseMysqlUrl(url);
}

/** Returns the reason why a database address is invalid, or undefined for a valid address. */
export function databaseUrlProblem(
  url: unknown,
  parse: (url: string) => unknown = parseDatabaseUrl,
): string | undefined {
  if (typeof url !== 'string') return 'must be a string';
  try {
    parse(url);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
