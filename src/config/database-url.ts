/** A store named by `DATABASE_URL`. */
export type DatabaseAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'mysql';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly database: string;
    };

/**
 * Reads `sqlite://path` or `mysql://user:password@host[:port]/name`; user, password and name may be
 * percent-encoded.
 *
 * @throws Error whose message says what is wrong, without repeating the address (it may hold a password)
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (url.startsWith('sqlite://')) {
    const path = url.slice('sqlite://'.length);
    if (path === '' || path === ':memory:') throw new Error('names no file after sqlite://');
    return { kind: 'sqlite', path };
  }
  if (!/^(mysql|mariadb):\/\//.test(url)) throw new Error('must begin with sqlite:// or mysql://');
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.hostname === '') {
    throw new Error('is not of the form mysql://user:password@host:port/name');
  }
  if (parsed.search !== '' || parsed.hash !== '')
    throw new Error('has something after the name, which is not read');
  const database = decode(parsed.pathname.slice(1));
  if (database === '' || database.includes('/')) throw new Error('names no database after the host');
  if (parsed.username === '') throw new Error('names no user before the host');
  return {
    kind: 'mysql',
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 3306 : Number(parsed.port),
    user: decode(parsed.username),
    password: decode(parsed.password),
    database,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that encodes nothing; write it as %25');
  }
}

/** What is wrong with a database address, or undefined. */
export function databaseUrlProblem(url: unknown): string | undefined {
  if (typeof url !== 'string') return 'must be text';
  try {
    parseDatabaseUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'is not an address';
  }
}
