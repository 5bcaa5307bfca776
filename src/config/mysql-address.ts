/** One of the servers that hold a database. */
export interface MysqlHost {
  readonly host: string;
  readonly port: number;
}

/** Files for an encrypted connection, in PEM. */
export interface MysqlTls {
  /** Certificates that the server's is checked against, if not those that Node knows. */
  readonly ca?: string;
  /** Our own certificate and its key, where the server wants to see one. */
  readonly cert?: string;
  readonly key?: string;
  /** Whether the server's certificate must be for the name that it is called by. */
  readonly checksName: boolean;
}

/** A database of MySQL or MariaDB. */
export interface MysqlAddress {
  readonly kind: 'mysql';
  /** At least one; the earlier ones are preferred. */
  readonly hosts: readonly [MysqlHost, ...MysqlHost[]];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Undefined for a connection in clear text. */
  readonly tls: MysqlTls | undefined;
  /** The names of what else stands after the question mark. */
  readonly unknownOptions: readonly string[];
}

const FORM = 'mysql://user:password@host:port/name';
const USUAL_PORT = 3306;

/** The parts: user, password, hosts, the rest of the path, the options. */
const PARTS =
  /^(?:mysql|mariadb)(?:\+\w+)?:\/\/(?:([^:@/]*)(?::([^@]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

const TLS_OPTIONS = { ssl_ca: 'ca', ssl_cert: 'cert', ssl_key: 'key' } as const;

/** As PyMySQL has it: `false` takes a certificate for any name. */
const CHECKS_NAME = 'ssl_check_hostname';

/** Means what we do anyway. */
const IGNORED_OPTION = 'charset';

/**
 * Reads `mysql://user:password@host[:port][,host2[:port]…]/name[?ssl_ca=…]`. A driver may be named, as SQLAlchemy
 * does it: `mysql+pymysql://`. User, password and name may be percent-encoded.
 *
 * @throws Error whose message says what is wrong, without repeating the address (it may hold a password)
 */
export function parseMysqlUrl(url: string): MysqlAddress {
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(url)) throw new Error('must begin with mysql://');
  const [, user = '', password = '', hosts = '', database, query = ''] = PARTS.exec(url) ?? [];
  const [first, ...others] = hosts.split(',').map(parseHost);
  if (first === undefined) throw new Error(`is not of the form ${FORM}`);
  if (database === undefined || database === '' || database.includes('/')) {
    throw new Error('names no database after the host');
  }
  if (user === '') throw new Error('names no user before the host');
  const options = new URLSearchParams(query);
  return {
    kind: 'mysql',
    hosts: [first, ...others],
    user: decode(user),
    password: decode(password),
    database: decode(database),
    tls: tlsOf(options),
    unknownOptions: [...options.keys()].filter(
      (name) => name !== IGNORED_OPTION && name !== CHECKS_NAME && !Object.hasOwn(TLS_OPTIONS, name),
    ),
  };
}

function parseHost(text: string): MysqlHost {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{0,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = port ? Number(port) : USUAL_PORT;
  if (host === undefined || number < 1 || number > 65_535) throw new Error(`is not of the form ${FORM}`);
  return { host, port: number };
}

function tlsOf(options: URLSearchParams): MysqlTls | undefined {
  // As the drivers have it that Nova's addresses are for.
  if (options.get('ssl_disabled') || /^disabled$/i.test(options.get('ssl_mode') ?? '')) return undefined;
  // Nobody names any other of them who would have a password sent in clear text.
  if (![...options.keys()].some((option) => option.startsWith('ssl_'))) return undefined;
  const given = Object.entries(TLS_OPTIONS).flatMap(([option, name]) => {
    const path = options.get(option);
    return path === null ? [] : [[name, path] as const];
  });
  return { ...Object.fromEntries(given), checksName: options.get(CHECKS_NAME) !== 'false' };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that encodes nothing; write it as %25');
  }
}
