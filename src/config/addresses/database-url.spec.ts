import { describe, expect, it } from '@jest/globals';
import { databaseUrlProblem, parseDatabaseUrl } from './database-url.js';
import { parseMysqlUrl } from './mysql-address.js';

/**
 * The TLS options of an address without TLS options: TLS is used if the server supports it, and its certificate is not
 * verified.
 */
const PREFERRED = { isRequired: false, checksCertificate: false, checksName: false };
const REQUIRED = { ...PREFERRED, isRequired: true };
const CHECKED = { isRequired: true, checksCertificate: true, checksName: true };

const MYSQL = {
  kind: 'mysql',
  hosts: [{ host: 'db', port: 3306 }],
  user: 'u',
  password: 'p',
  database: 'n',
  tls: PREFERRED,
  unknownOptions: [],
};

describe('a database address', () => {
  it.each([
    ['sqlite://data/actions.sqlite', 'data/actions.sqlite'],
    ['sqlite:///var/lib/actions.sqlite', '/var/lib/actions.sqlite'],
    ['sqlite://./a b%20c.sqlite', './a b%20c.sqlite'],
  ])('a database address can be the path of an SQLite file: %s', (url, path) => {
    expect(parseDatabaseUrl(url)).toEqual({ kind: 'sqlite', path });
  });

  it.each([
    ['mysql://u:p@db/n', {}],
    ['mariadb://u:p@db/n', {}],
    ['mysql://u:p@db:3307/n', { hosts: [{ host: 'db', port: 3307 }] }],
    ['mysql://u@db/n', { password: '' }],
    ['mysql://u:p@127.0.0.1/n', { hosts: [{ host: '127.0.0.1', port: 3306 }] }],
    ['mysql://u:p@[2001:db8::1]:3307/n', { hosts: [{ host: '2001:db8::1', port: 3307 }] }],
    ['mysql+pymysql://u:p@db/n?charset=utf8', {}],
    ['mysql://u:p@db:/n', {}],
    [
      'mysql://u:p@a,b:3307,[::1]:3308/n',
      {
        hosts: [
          { host: 'a', port: 3306 },
          { host: 'b', port: 3307 },
          { host: '::1', port: 3308 },
        ],
      },
    ],
    ['mysql://u:p/:?x@db/n', { password: 'p/:?x' }],
    ['mysql://u%40x:p%2F%3A%40%25@db/n%20m', { user: 'u@x', password: 'p/:@%', database: 'n m' }],
    ['mysql://u@x:p@db/n', { user: 'u@x' }],
    ['mysql://u@x@db/n', { user: 'u@x', password: '' }],
    ['mysql://u:100%@db/n', { password: '100%' }],
    ['mysql://u%zz:%4@db/n%', { user: 'u%zz', password: '%4', database: 'n%' }],
    ['mysql://u+v:p+q@db/n', { user: 'u+v', password: 'p+q' }],
    ['mysql://u:%E2%82%AC%@db/n', { password: '€%' }],
    ['mysql://u:p@db/n?unix_socket=/run/m.sock', { socketPath: '/run/m.sock' }],
    [
      'mysql://u:p@/n?unix_socket=/run/m.sock',
      { socketPath: '/run/m.sock', hosts: [{ host: 'localhost', port: 3306 }] },
    ],
    ['mysql://u:p@db,other/n?unix_socket=/run/m.sock', { socketPath: '/run/m.sock' }],
    ['mysql://u:p@db/n?bind_address=10.0.0.7', { bindAddress: '10.0.0.7' }],
    ['mysql://u:p@db/n?charset=utf8&plugin=dbcounter&connect_timeout=5&collation=', {}],
    [
      'mysql:///?user=u&password=p&host=other&port=3307&database=n',
      { hosts: [{ host: 'other', port: 3307 }] },
    ],
    ['mysql://x:y@z/o?user=u&passwd=p&host=db&db=n', {}],
  ])('a database address can be a MySQL or MariaDB server: %s', (url, part) => {
    expect(parseDatabaseUrl(url)).toEqual({ ...MYSQL, ...part });
  });

  it.each([
    ['', 'must start with sqlite:// or mysql://'],
    ['data/actions.sqlite', 'must start with sqlite:// or mysql://'],
    ['sqlite:data/actions.sqlite', 'must start with sqlite:// or mysql://'],
    ['postgres://u:s3cret@db/n', 'must start with sqlite:// or mysql://'],
    ['sqlite://', 'must have the path of a file after sqlite://'],
    ['sqlite://:memory:', 'must have the path of a file after sqlite://'],
    ['mysql://', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql:///n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@db:99999/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@db:port/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@a,,b/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3c@ret@db/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://db/n', 'must have the name of a user before the host'],
    ['mysql://u:s3cret@db', 'must have the name of a database after the host'],
    ['mysql://u:s3cret@db/', 'must have the name of a database after the host'],
    ['mysql://u:s3cret@db/n/m', 'must have the name of a database after the host'],
    ['mysql://u:s3cret@db/n?port=x', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret%E4@db/n', 'has percent-encoded bytes that are not UTF-8'],
    [
      'mysql://u:s3cret@db/n?init_command=x',
      'has the option init_command, which the service does not support',
    ],
    ['mysql://u:s3cret@db/n?ssl_ca=a&ssl_ca=b', 'has the option ssl_ca twice'],
    ['mysql://u:s3cret@db/n?bind_address=eth0', 'has a bind_address that is not an IP address'],
    [
      'mysql://u:s3cret@db/n?ssl_disabled=maybe',
      'has a value of ssl_disabled that is neither true nor false',
    ],
    [
      'mysql://u:s3cret@db/n?ssl_mode=SOME',
      'has an invalid ssl_mode; the values are DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY',
    ],
    [
      'mysql://u:s3cret@db/n?read_default_file=/nowhere/my.cnf',
      'has read_default_file, but the file cannot be read (ENOENT): /nowhere/my.cnf',
    ],
  ])('an invalid database address is rejected with a reason: %j', (url, problem) => {
    expect(databaseUrlProblem(url)).toBe(problem);
    expect(() => parseDatabaseUrl(url)).toThrow(problem);
  });

  it.each(['mysql://u:s3cret@db/n?ssl=true', 'mysql://u:s3cret@db/n#fragment'])(
    'a database address with an unsupported part is rejected: %s',
    (url) => {
      expect(databaseUrlProblem(url)).toBeDefined();
    },
  );

  it.each([
    ['ssl_disabled=false', PREFERRED],
    ['ssl_mode=PREFERRED', PREFERRED],
    ['ssl_mode=REQUIRED', REQUIRED],
    ['ssl_cert=c&ssl_key=k', { ...REQUIRED, certPath: 'c', keyPath: 'k' }],
    ['ssl_check_hostname=false', REQUIRED],
    ['ssl_verify_cert=false', REQUIRED],
    ['ssl_cipher=HIGH&ssl_key_password=x', { ...REQUIRED, ciphers: 'HIGH', passphrase: 'x' }],
    ['ssl_ca=c', { ...CHECKED, caPath: 'c' }],
    ['ssl_capath=c&ssl_disabled=no', { ...CHECKED, caPath: 'c' }],
    ['ssl_ca=c&ssl_check_hostname=false', { ...CHECKED, caPath: 'c', checksName: false }],
    ['ssl_ca=c&ssl_mode=VERIFY_CA', { ...CHECKED, caPath: 'c', checksName: false }],
    ['ssl_ca=c&ssl_verify_cert=false', { ...REQUIRED, caPath: 'c' }],
    ['ssl_verify_cert=true', CHECKED],
    ['ssl_verify_identity=1', CHECKED],
    ['ssl_mode=verify_identity', CHECKED],
    ['ssl_disabled=true', undefined],
    ['ssl_mode=DISABLED', undefined],
    ['ssl_ca=c&ssl_disabled=1', undefined],
  ])('the options of a database address determine the use of TLS: %s', (options, tls) => {
    expect(parseMysqlUrl(`mysql://u:p@db/n?${options}`).tls).toEqual(tls);
  });

  it('the message about an invalid database address does not contain its password', () => {
    for (const url of [
      'x://u:s3cret@h/n',
      'mysql://u:s3cret@h',
      'mysql://u:s3cret%E4@h/n',
      'mysql://u:s3cret@/',
    ]) {
      expect(databaseUrlProblem(url)).not.toContain('s3cret');
    }
  });

  it.each([undefined, 7, null, {}])('a database address that is not a string is rejected: %j', (value) => {
    expect(databaseUrlProblem(value)).toBe('must be a string');
  });
});
