import { errorText } from '../../common/error-text.js';
import { type MysqlAddress, parseMysqlUrl } from './mysql-address.js';

/** A store named by `DATABASE_URL`. */
export type DatabaseAddress = { readonly kind: 'sqlite'; readonly path: string } | MysqlAddress;

/**
 * Reads `sqlite://path`, or what `parseMysqlUrl` reads.
 *
 * @throws Error whose message says what is wrong, without repeating the address (it may hold a password)
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url.startsWith('sqlite://')) {
    const path = url.slice('sqlite://'.length);
    if (path === '' || path === ':memory:') throw new Error('names no file after sqlite://');
    return { kind: 'sqlite', path };
  }
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(url)) throw new Error('must begin with sqlite:// or mysql://');
  return parseMysqlUrl(url);
}

/** What is wrong with a database address, or undefined. */
export function databaseUrlProblem(
  url: unknown,
  parse: (url: string) => unknown = parseDatabaseUrl,
): string | undefined {
  if (typeof url !== 'string') return 'must be text';
  try {
    parse(url);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
