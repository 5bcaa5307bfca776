import { describe, expect, it } from '@jest/globals';
import { databaseUrlProblem, parseDatabaseUrl } from './database-url.js';
import { parseMysqlUrl } from './mysql-address.js';

const MYSQL = {
  kind: 'mysql',
  hosts: [{ host: 'db', port: 3306 }],
  user: 'u',
  password: 'p',
  database: 'n',
  tls: undefined,
  unknownOptions: [],
};

describe('a database address', () => {
  it.each([
    ['sqlite://data/actions.sqlite', 'data/actions.sqlite'],
    ['sqlite:///var/lib/actions.sqlite', '/var/lib/actions.sqlite'],
    ['sqlite://./a b%20c.sqlite', './a b%20c.sqlite'],
  ])('may be a file: %s', (url, path) => {
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
    ['mysql://u:p@db/n?ssl_ca=/etc/ca.pem', { tls: { ca: '/etc/ca.pem', checksName: true } }],
    ['mysql://u:p@db/n?ssl_ca=c&ssl_check_hostname=false', { tls: { ca: 'c', checksName: false } }],
    ['mysql://u:p@db/n?ssl_cert=c&ssl_key=k', { tls: { cert: 'c', key: 'k', checksName: true } }],
    ['mysql://u:p@db/n?ssl_check_hostname=false', { tls: { checksName: false } }],
    ['mysql://u:p/:?x@db/n', { password: 'p/:?x' }],
    ['mysql://u%40x:p%2F%3A%40%25@db/n%20m', { user: 'u@x', password: 'p/:@%', database: 'n m' }],
  ])('may be a server: %s', (url, part) => {
    expect(parseDatabaseUrl(url)).toEqual({ ...MYSQL, ...part });
  });

  it.each([
    ['', 'must begin with sqlite:// or mysql://'],
    ['data/actions.sqlite', 'must begin with sqlite:// or mysql://'],
    ['sqlite:data/actions.sqlite', 'must begin with sqlite:// or mysql://'],
    ['postgres://u:s3cret@db/n', 'must begin with sqlite:// or mysql://'],
    ['sqlite://', 'names no file after sqlite://'],
    ['sqlite://:memory:', 'names no file after sqlite://'],
    ['mysql://', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql:///n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@db:99999/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@db:port/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3cret@a,,b/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://u:s3c@ret@db/n', 'is not of the form mysql://user:password@host:port/name'],
    ['mysql://db/n', 'names no user before the host'],
    ['mysql://u:s3cret@db', 'names no database after the host'],
    ['mysql://u:s3cret@db/', 'names no database after the host'],
    ['mysql://u:s3cret@db/n/m', 'names no database after the host'],
  ])('is refused with a reason: %j', (url, problem) => {
    expect(databaseUrlProblem(url)).toBe(problem);
    expect(() => parseDatabaseUrl(url)).toThrow(problem);
  });

  it.each(['mysql://u:s3cret%@db/n', 'mysql://u%zz:s3cret@db/n', 'mysql://u:s3cret@db/n%'])(
    'is refused with a reason where a percent sign encodes nothing: %s',
    (url) => {
      expect(databaseUrlProblem(url)).toMatch(/%|percent/);
    },
  );

  it.each(['mysql://u:s3cret@db/n?ssl=true', 'mysql://u:s3cret@db/n#fragment'])(
    'is refused rather than obeyed in part: %s',
    (url) => {
      expect(databaseUrlProblem(url)).toBeDefined();
    },
  );

  it('is not spoken to in clear text where it asks for more than we know', () => {
    expect(parseMysqlUrl('mysql://u:p@db/n?ssl_verify_cert=true').tls).toEqual({ checksName: true });
    expect(parseMysqlUrl('mysql://u:p@db/n?ssl_mode=REQUIRED').tls).toEqual({ checksName: true });
  });

  it.each(['ssl_disabled=true', 'ssl_mode=DISABLED', 'ssl_ca=c&ssl_disabled=true'])(
    'is spoken to in clear text where it asks for that: %s',
    (option) => {
      expect(parseMysqlUrl(`mysql://u:p@db/n?${option}`).tls).toBeUndefined();
    },
  );

  it('is never repeated by the reason', () => {
    for (const url of [
      'x://u:s3cret@h/n',
      'mysql://u:s3cret@h',
      'mysql://u:s3cret%@h/n',
      'mysql://u:s3cret@/',
    ]) {
      expect(databaseUrlProblem(url)).not.toContain('s3cret');
    }
  });

  it.each([undefined, 7, null, {}])('is refused where it is no text: %j', (value) => {
    expect(databaseUrlProblem(value)).toBe('must be text');
  });
});
