import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrlProblem } from './database-url.js';
import { parseMysqlUrl } from './mysql-address.js';

let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'options-'));
  path = join(folder, 'my.cnf');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function address(url: string, text: string, group?: string): ReturnType<typeof parseMysqlUrl> {
  writeFileSync(path, text);
  const options = new URLSearchParams({
    read_default_file: path,
    ...(group && { read_default_group: group }),
  });
  return parseMysqlUrl(`${url}?${options.toString()}`);
}

describe('the option file of a database address', () => {
  it('the option file of a database address supplies the parts that the address lacks', () => {
    const text = '[client]\nuser=u\npassword = "p#; x"\nhost: db\nport=3307\ndatabase=n\n';
    expect(address('mysql:///', text)).toMatchObject({
      user: 'u',
      password: 'p#; x',
      hosts: [{ host: 'db', port: 3307 }],
      database: 'n',
    });
  });

  it('the option file of a database address does not override the parts of the address', () => {
    const text = '[client]\nuser=x\npassword=x\nhost=x\nport=1\ndatabase=x\n';
    expect(address('mysql://u:p@db:3307/n', text)).toMatchObject({
      user: 'u',
      password: 'p',
      hosts: [{ host: 'db', port: 3307 }],
      database: 'n',
    });
  });

  it('the service reads only the requested group and the group DEFAULT of an option file', () => {
    const text =
      '[DEFAULT]\nport=3308\n[client]\nssl-ca=/wrong\n[tripleo]\nbind-address=10.0.0.7\nssl=1\nssl_ca=/etc/ca.crt\n';
    const { hosts, bindAddress, tls } = address('mysql://u:p@db/n', text, 'tripleo');
    expect({ hosts, bindAddress, tls }).toEqual({
      hosts: [{ host: 'db', port: 3308 }],
      bindAddress: '10.0.0.7',
      tls: { isRequired: true, checksCertificate: true, checksName: true, caPath: '/etc/ca.crt' },
    });
  });

  it('the service uses the socket in the option file even if the database address has a host', () => {
    expect(address('mysql://u:p@db/n', "[client]\nsocket='/run/m.sock'\n").socketPath).toBe('/run/m.sock');
  });

  it('the service parses an option file as Python does: comments, continuation lines, options without a value', () => {
    const text =
      '# comment\n[client]\n!includedir /etc/my.cnf.d\npassword=a\n   b\n; comment\nskip-name\nhost =\nSSL-Cipher=HIGH\n';
    expect(address('mysql://u@db/n', text)).toMatchObject({ password: 'a\nb', tls: { ciphers: 'HIGH' } });
    expect(address('mysql://u@db/n', '[client-server]\nport=1\n').hosts).toEqual([
      { host: 'db', port: 3306 },
    ]);
  });

  it('the message about a malformed option file has the number of the line, not its content', () => {
    writeFileSync(path, '\npassword=s3cret\n');
    const problem = databaseUrlProblem(`mysql://u@db/n?read_default_file=${path}`);
    expect(problem).toBe(`has read_default_file, but the file has no [group] before line 2: ${path}`);
  });

  it('if a database address has read_default_group but no read_default_file, the service reads the option file /etc/my.cnf', () => {
    const problem = databaseUrlProblem('mysql://u@/n?read_default_group=no-such-group');
    expect(problem).toMatch(/read_default_group.*\/etc\/my\.cnf|is not of the form/);
  });
});
