import { isIP } from 'node:net';
import { errorText } from '../../common/error-text.js';
import { type MysqlTls, TLS_OPTIONS, tlsOf } from './mysql-tls.js';
import { readOptionGroup } from './option-file.js';

/** One of the servers that hold a database. */
export interface MysqlHost {
  readonly host: string;
  readonly port: number;
}

/** A database of MySQL or MariaDB. */
export interface MysqlAddress {
  readonly kind: 'mysql';
  /** At least one; the earlier ones are preferred. With a socket there is one, which only a certificate is for. */
  readonly hosts: readonly [MysqlHost, ...MysqlHost[]];
  /** The path of a Unix socket, which is connected to instead of a host. */
  readonly socketPath?: string;
  /** The address of this machine that connections to hosts come from. */
  readonly bindAddress?: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Undefined where connections are in clear text whatever the server can. */
  readonly tls: MysqlTls | undefined;
  /** The names of the options that are not read. */
  readonly unknownOptions: readonly string[];
}

type Options = ReadonlyMap<string, string>;

const FORM = 'mysql://user:password@host:port/name';
const DEFAULT_PORT = 3306;

/** The parts, split as SQLAlchemy does: user, password, hosts, the rest of the path, the options. */
const PARTS =
  /^(?:mysql|mariadb)(?:\+\w+)?:\/\/(?:([^:/]*)(?::([^@]*))?@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;

/** Other names for options. */
const SAME_OPTION = new Map([
  ['passwd', 'password'],
  ['db', 'database'],
]);

/** What PyMySQL reads in an option file, and the names that this has in an address. */
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

/** They change nothing about where a connection leads, how it is protected, or what is read over it. */
const IGNORED_OPTIONS = new Set([
  ...['charset', 'collation', 'use_unicode', 'binary_prefix', 'sql_mode', 'autocommit', 'local_infile'],
  ...['connect_timeout', 'read_timeout', 'write_timeout', 'max_allowed_packet', 'client_flag'],
  ...['program_name', 'plugin'],
]);

/** PyMySQL reads this file where a group is named without a file. */
const DEFAULT_FILE = '/etc/my.cnf';

/**
 * Reads `mysql://user:password@host[:port][,host2[:port]…]/name[?option=…]` as SQLAlchemy and PyMySQL do, with the
 * option file that it may name. A driver may be named: `mysql+pymysql://`. User, password and name may be
 * percent-encoded.
 *
 * @throws Error whose message says what is wrong, without repeating the address (it may hold a password)
 */
export function readMysqlUrl(url: string): MysqlAddress {
  if (!/^(mysql|mariadb)(\+\w+)?:\/\//.test(url)) throw new Error('must begin with mysql://');
  const parts = PARTS.exec(url);
  if (parts === null) throw new Error(`is not of the form ${FORM}`);
  const [, user = '', password = '', location = '', name = '', query = ''] = parts;
  const given = optionsOf(query);
  const inFile = optionsInFile(given);
  /** An option wins over the same part of the address, and that wins over the file. */
  const option = (key: string, part = ''): string | undefined => given.get(key) ?? (part || inFile.get(key));
  const socketPath = option('unix_socket');
  const bindAddress = option('bind_address');
  if (bindAddress !== undefined && isIP(bindAddress) === 0)
    throw new Error('has bind_address, which is no IP address');
  const [host, ...others] = hostsOf(location, given, inFile, socketPath !== undefined);
  const database = option('database', unquote(name));
  if (database === undefined || name.includes('/')) throw new Error('names no database after the host');
  const login = option('user', unquote(user));
  if (login === undefined) throw new Error('names no user before the host');
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
 * What `readMysqlUrl` reads, without options that it does not know.
 *
 * @throws Error as `readMysqlUrl`
 */
export function parseMysqlUrl(url: string): MysqlAddress {
  const address = readMysqlUrl(url);
  const [unknown] = address.unknownOptions;
  if (unknown !== undefined) throw new Error(`has the option ${unknown}, which the service does not know`);
  return address;
}

/** As in Python, an option without a value is none. */
function optionsOf(query: string): Options {
  const options = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    const name = SAME_OPTION.get(key) ?? key;
    if (value === '') continue;
    if (options.has(name)) throw new Error(`has the option ${name} twice`);
    options.set(name, value);
  }
  return options;
}

/** By the names that they have in an address. */
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

/** As Python does it: a % that two hex digits do not follow stands for itself, and a + too. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      throw new Error('has percent-encoded bytes that are not UTF-8');
    }
  });
}
