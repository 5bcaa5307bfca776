import { isIP } from 'node:net';
import { errorText } from '../../common/error-text.js';
import { type MysqlTls, TLS_OPTIONS, tlsOf } from './mysql-tls.js';
import { readOptionGroup } from './option-file.js';

/** The host and the port of one MySQL or MariaDB server. */
export interface MysqlHost {
  readonly host: string;
  readonly port: number;
}

/** The address of a database on MySQL or MariaDB, and how to connect to it. */
export interface MysqlAddress {
  readonly kind: 'mysql';
  /**
   * At least one host, the preferred one first. If `socketPath` is set, the service connects to the socket and uses
   * only the name of the first host, to check the server's certificate.
   */
  readonly hosts: readonly [MysqlHost, ...MysqlHost[]];
  /** The path of a Unix socket that the service uses instead of a TCP connection to a host. */
  readonly socketPath?: string;
  /** The local IP address from which the service connects. */
  readonly bindAddress?: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Undefined if the service must not use TLS, even if the server supports TLS. */
  readonly tls: MysqlTls | undefined;
  /** The names of the options that the service does not support. */
  readonly unknownOptions: readonly string[];
}

type Options = ReadonlyMap<string, string>;

const FORM = 'mysql://user:password@host:port/name';
const DEFAULT_PORT = 3306;

/** The pattern that splits a URL as SQLAlchemy does: into user, password, hosts, path and options. */
const PARTS =
  /^(?:mysql|mariadb)(?:\+\w+)?:\/\/(?:([^:/]*)(?::([^@]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/** Alternative names of URL options, each with the name that this module uses for the option. */
const OPTION_ALIASES = new Map([
  ['passwd', 'password'],
  ['db', 'database'],
]);

/** The options that PyMySQL reads from an option file (`my.cnf`), each with the name that it has in a URL. */
const FILE_OPTIONS = new Map([
  ...['user', 'password', 'host', 'port', 'database'].map((name) => [name, name] as const),
  ...['bind-address', 'ssl-ca', 'ssl-capath', 'ssl-cert', 'ssl-key', 'ssl-cipher'].map(
    (name) => [name, name.replace('-', '_')] as const,
  ),
  ['socket', 'unix_socket'],
  ['ssl-password', 'ssl_key_password'],
]);

const READ_OPTIONS = new Set([
  ...FILE_OPTIONS.values(),
  ...TLS_OPTIONS,
  'read_default_file',
  'read_default_group',
]);

/**
 * Options that the service ignores, because they affect neither the connection nor the authentication nor the returned
 * data.
 */
const IGNORED_OPTIONS = new Set([
  ...['charset', 'collation', 'use_unicode', 'binary_prefix', 'sql_mode', 'autocommit', 'local_infile'],
  ...['connect_timeout', 'read_timeout', 'write_timeout', 'max_allowed_packet', 'client_flag'],
  ...['program_name', 'plugin'],
]);

/** The option file that PyMySQL reads if the URL has the option `read_default_group` and no `read_default_file`. */
const DEFAULT_FILE = '/etc/my.cnf';

/**
 * Parses `mysql://user:password@host[:port][,host2[:port]…]/name[?option=…]` as SQLAlchemy and PyMySQL do. If the URL
 * has `read_default_file`, the function also reads that option file. The scheme may contain a driver, as in
 * `mysql+pymysql://`. User, password and database name may be percent-encoded.
 *
 * @throws Error if the URL is invalid; the message does not contain the URL, which may include a password
 */
export function readMysqlUrl(url: string): MysqlAddress {
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(url))
    throw new Error('must start with mysql:// or, as in nova.conf, mysql+pymysql://');
  const parts = PARTS.exec(url);
  if (parts === null) throw new Error(`is not of the form ${FORM}`);
  const [, user = '', password = '', location = '', name = '', query = ''] = parts;
  const given = optionsOf(query);
  const inFile = optionsInFile(given);
  /**
   * A URL option such as `?host=` has priority over the part of the URL with the same meaning. Both have priority over
   * the option file.
   */
  const option = (key: string, part = ''): string | undefined => given.get(key) ?? (part || inFile.get(key));
  const socketPath = option('unix_socket');
  const bindAddress = option('bind_address');
  if (bindAddress !== undefined && isIP(bindAddress) === 0)
    throw new Error('has a bind_address that is not an IP address');
  const [host, ...others] = hostsOf(location, given, inFile, socketPath !== undefined);
  const database = option('database', unquote(name));
  if (database === undefined || name.includes('/'))
    throw new Error('must have the name of a database after the host');
  const login = option('user', unquote(user));
  if (login === undefined) throw new Error('must have the name of a user before the host');
  return {
    kind: 'mysql',
    hosts: [host, ...(socketPath === undefined ? others : [])],
    ...(socketPath !== undefined && { socketPath }),
    ...(bindAddress !== undefined && { bindAddress }),
    user: login,
    password: option('password', unquote(password)) ?? '',
    database,
    tls: tlsOf(option),
    unknownOptions: [...given.keys()].filter((key) => !READ_OPTIONS.has(key) && !IGNORED_OPTIONS.has(key)),
  };
}

/**
 * Parses a URL as `readMysqlUrl` does, but fails if the URL has an option that the service does not support.
 *
 * @throws Error if the URL is invalid or has an unsupported option
 */
export function parseMysqlUrl(url: string): MysqlAddress {
  const address = readMysqlUrl(url);
  const [unknown] = address.unknownOptions;
  if (unknown !== undefined) throw new Error(`has the option ${unknown}, which the service does not support`);
  return address;
}

/** Parses the options of a URL. Ignores an option without a value, as Python does. */
function optionsOf(query: string): Options {
  const options = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    const name = OPTION_ALIASES.get(key) ?? key;
    if (value === '') continue;
    if (options.has(name)) throw new Error(`has the option ${name} twice`);
    options.set(name, value);
  }
  return options;
}

/**
 * Reads the options from the option file that the URL names.
 *
 * @returns the options, each by the name that it has in a URL
 */
function optionsInFile(given: Options): Options {
  const path = given.get('read_default_file');
  const group = given.get('read_default_group');
  if (path === undefined && group === undefined) return new Map();
  let options: Options;
  try {
    options = readOptionGroup(path ?? DEFAULT_FILE, group ?? 'client');
  } catch (error) {
    throw new Error(
      `has ${path === undefined ? 'read_default_group' : 'read_default_file'}, but the file ${errorText(error)}`,
      { cause: error },
    );
  }
  return new Map(
    [...options].flatMap(([name, value]) => {
      const key = FILE_OPTIONS.get(name);
      return key === undefined ? [] : [[key, value] as const];
    }),
  );
}

function hostsOf(
  location: string,
  given: Options,
  inFile: Options,
  hasSocket: boolean,
): readonly [MysqlHost, ...MysqlHost[]] {
  const parts = location.split(',').map(partsOfHost);
  const [first = { host: '', port: '' }, ...others] = parts;
  const host = given.get('host') ?? (first.host || inFile.get('host') || (hasSocket ? 'localhost' : ''));
  const port = given.get('port') ?? (first.port || inFile.get('port'));
  return [
    hostAt(others.length === 0 ? host : first.host, port),
    ...others.map((other) => hostAt(other.host, other.port)),
  ];
}

function partsOfHost(text: string): { readonly host: string; readonly port: string } {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]*))(?::(\d{0,5}))?$/i.exec(text);
  if (parts === null) throw new Error(`is not of the form ${FORM}`);
  const [, bracketed, plain = '', port = ''] = parts;
  return { host: bracketed ?? plain, port };
}

function hostAt(host: string, port = ''): MysqlHost {
  const number = port === '' ? DEFAULT_PORT : Number(port);
  if (host === '' || !Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new Error(`is not of the form ${FORM}`);
  }
  return { host, port: number };
}

/**
 * Decodes percent-encoding as Python's `unquote` does. A `+` stays a `+`, and a `%` that is not followed by two hex
 * digits stays a `%`.
 */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      throw new Error('has percent-encoded bytes that are not UTF-8');
    }
  });
}
