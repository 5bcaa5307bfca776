import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from './load-settings.js';
import { SettingsError } from './settings-error.js';
import { describedSettings } from './kinds/setting.decorator.js';
import { Settings } from './settings.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function load(environment: Readonly<Record<string, string | undefined>>, envFile = 'none'): Settings {
  return loadSettings(environment, join(folder, envFile));
}

/** The message that these settings are refused with. */
function refusal(environment: Readonly<Record<string, string | undefined>>, envFile?: string): string {
  try {
    load(environment, envFile);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error('the settings were accepted');
}

describe('settings', () => {
  it('settings have defaults', () => {
    expect({ ...load({}) }).toEqual({
      HOST: '127.0.0.1',
      PORT: 8774,
      WORKERS: 1,
      WORKER_TIMEOUT: 30,
      DATABASE_URL: 'sqlite://data/actions.sqlite',
      MIGRATE_ON_START: true,
      TOKENS_FILE_BEYOND_LOOPBACK: false,
      OS_INTERFACE: 'internal',
      DATABASE_TIMEOUT: 1800,
      KEYSTONE_TIMEOUT: 2000,
      TOKEN_CACHE_TIME: 300,
      SERVICE_TOKEN_ROLES: ['service'],
      SERVICE_TYPE: 'compute',
      POLICY_FILE: 'policy.yaml',
      POLICY_DIRS: ['policy.d'],
      MAX_LIMIT: 1000,
      TRUSTED_PROXIES: [],
      UPSTREAM_CONNECTIONS: 100,
      INSTANCE_USAGE_AUDIT_PERIOD: 'month',
      TLS_MIN_VERSION: 'TLSv1.2',
      MAX_BODY_SIZE: 114_688,
      MAX_HEADER_SIZE: 16_384,
      MAX_URL_LENGTH: 8_192,
      HEADERS_TIMEOUT: 15,
      REQUEST_TIMEOUT: 300,
      CONNECTION_TIMEOUT: 330,
      KEEP_ALIVE_TIMEOUT: 72,
      MAX_CONNECTIONS: 10_000,
      PIPELINED_REQUESTS: 16,
      SEND_TIMEOUT: 30,
      MAX_UNREAD_BYTES: 8_388_608,
      MAX_EVENT_LOOP_DELAY: 1_000,
      RATE_LIMIT: 0,
      RATE_LIMIT_WINDOW: 60,
      CORS_ORIGINS: [],
      OPERATIONS_HOST: '127.0.0.1',
      SHUTDOWN_DELAY: 0,
      SHUTDOWN_TIMEOUT: 20,
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'auto',
      ACCESS_LOG: true,
      METRICS: true,
      DOCUMENTATION: true,
    });
  });

  it('settings are read from the environment, each in its type', () => {
    const environment = {
      HOST: '::1',
      PORT: '0',
      DATABASE_URL: 'mysql://u:p@db/n',
      TOKENS_FILE: '/tokens.json',
      MAX_LIMIT: '20',
      PUBLIC_URL: 'https://compute.example.org/nova',
      LOG_LEVEL: 'debug',
    };
    expect(load({ ...environment, PATH: '/bin', SOMETHING_ELSE: 'x' })).toMatchObject({
      ...environment,
      PORT: 0,
      MAX_LIMIT: 20,
    });
  });

  it.each([
    ['true', true],
    ['yes', true],
    ['1', true],
    ['false', false],
    ['no', false],
    ['0', false],
  ])('a yes-or-no setting takes %s', (text, value) => {
    expect(load({ TOKENS_FILE_BEYOND_LOOPBACK: text }).TOKENS_FILE_BEYOND_LOOPBACK).toBe(value);
  });

  it.each([
    ['10.0.0.0/8, 127.0.0.1,', ['10.0.0.0/8', '127.0.0.1']],
    ['::1,2001:db8::/32', ['::1', '2001:db8::/32']],
    [' , ', []],
  ])('a list in a setting takes %j', (text, list) => {
    expect(load({ TRUSTED_PROXIES: text }).TRUSTED_PROXIES).toEqual(list);
  });

  it.each(['hour@0', 'hour@59', 'day@018', 'day@23', 'month@31', 'year@12'])(
    'a period in a setting takes %s',
    (period) => {
      expect(load({ INSTANCE_USAGE_AUDIT_PERIOD: period }).INSTANCE_USAGE_AUDIT_PERIOD).toBe(period);
    },
  );

  it('empty settings count as not given', () => {
    const empty = Object.fromEntries(
      [...describedSettings().keys()].flatMap((name) => [
        [name, ''],
        [`${name}_FILE`, ''],
      ]),
    );
    expect(load(empty)).toEqual(load({}));
    expect(load({ PORT: undefined })).toEqual(load({}));
  });
});

describe('a bad setting', () => {
  it.each([
    ['PORT', 'abc', 'must be a whole number', '8774'],
    ['PORT', '8.5', 'must be a whole number', '8774'],
    ['PORT', '0x10', 'must be a whole number', '8774'],
    ['PORT', '-1', 'must be 0 or more', '8774'],
    ['PORT', '65536', 'must be 65535 or less', '8774'],
    ['MAX_LIMIT', 'many', 'must be a whole number', '1000'],
    ['MAX_LIMIT', '0', 'must be 1 or more', '1000'],
    ['TOKENS_FILE_BEYOND_LOOPBACK', 'perhaps', 'must be true or false', 'true'],
    ['TOKENS_FILE_BEYOND_LOOPBACK', 'constructor', 'must be true or false', 'true'],
    ...[
      'week',
      'day@',
      'day@-1',
      'day@1@2',
      'month@x',
      'Month',
      'hour@60',
      'day@24',
      'month@32',
      'year@13',
    ].map(
      (text) =>
        [
          'INSTANCE_USAGE_AUDIT_PERIOD',
          text,
          'must be hour, day, month or year, or with a minute, hour, day or month that there is, such as day@18',
          'month@15',
        ] as const,
    ),
    ['OPERATIONS_PORT', '8774', 'must be another one than PORT', '9774'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug', 'info'],
    ['LOG_LEVEL', 'INFO', 'must be one of fatal, error, warn, info, debug', 'info'],
  ])('a bad setting is named, with what is wrong and an example: %s=%s', (name, value, wrong, example) => {
    expect(refusal({ [name]: value })).toBe(`${name} ${wrong}; for example ${name}=${example}`);
  });

  describe.each([
    ['UPSTREAM_NOVA_URL', 'http://127.0.0.1:18774'],
    ['PUBLIC_URL', 'https://compute.example.org'],
    ['OS_AUTH_URL', 'https://keystone.example.org:5000'],
    ['WWW_AUTHENTICATE_URI', 'https://keystone.example.org:5000'],
  ])('the address in %s', (name, example) => {
    it.each([
      'ftp://nova',
      'nova:8774',
      'http://nova:99999',
      'http://nova?x',
      'http://nova/a#b',
      'http://user:password@nova',
      'http://nova/é',
      'https://例え.jp/',
      'http://no va',
      'http://nova\\x',
    ])('a setting that is an address of HTTP refuses %s', (value) => {
      expect(refusal({ [name]: value })).toBe(
        `${name} must be an http or https address, in ASCII and without user and query; for example ${name}=${example}`,
      );
    });

    it.each(['http://nova', 'https://nova.example.org:8774/compute/', 'http://[::1]:8774', 'http://no_va-1'])(
      'a setting that is an address of HTTP accepts %s',
      (value) => {
        expect(load({ [name]: value })).toMatchObject({ [name]: value });
      },
    );
  });

  it.each(['foo', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129', '1.2.3.4,foo'])(
    'a bad address of a proxy is named, with what is wrong and an example: TRUSTED_PROXIES=%s',
    (value) => {
      expect(refusal({ TRUSTED_PROXIES: value })).toBe(
        'TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8; ' +
          'for example TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1',
      );
    },
  );

  it('a limit that no database takes is refused', () => {
    expect(refusal({ MAX_LIMIT: '99999999999999999999' })).toMatch(
      /^MAX_LIMIT must be \d+ or less; for example/,
    );
  });

  it('the message about a bad setting does not hold the password in it', () => {
    const message = refusal({ DATABASE_URL: 'postgres://u:s3cret@db/n' });
    expect(message).toMatch(
      /^DATABASE_URL must begin with sqlite:\/\/ or mysql:\/\/; for example DATABASE_URL=/,
    );
    expect(message).not.toContain('s3cret');
  });

  it('the message about a bad setting is one line, whatever the setting holds', () => {
    const checked = ['PORT', 'DATABASE_URL', 'TOKENS_FILE_BEYOND_LOOPBACK', 'OS_AUTH_URL', 'OS_INTERFACE'];
    checked.push(
      'KEYSTONE_TIMEOUT',
      'TOKEN_CACHE_TIME',
      'POLICY_FILE',
      'POLICY_DIRS',
      'MAX_LIMIT',
      'UPSTREAM_NOVA_URL',
      'PUBLIC_URL',
      'WWW_AUTHENTICATE_URI',
      'TRUSTED_PROXIES',
      'LOG_LEVEL',
    );
    for (const name of checked) expect(refusal({ [name]: 'a\nb' })).not.toContain('\n');
  });
});

describe('a file that holds a setting', () => {
  it('a file that holds a setting is read without the end of its last line', () => {
    const environment = { PORT_FILE: file('port', '8080\n'), LOG_LEVEL_FILE: file('level', 'warn\r\n') };
    expect(load(environment)).toMatchObject({ PORT: 8080, LOG_LEVEL: 'warn' });
  });

  it('a file that holds a setting may name another file', () => {
    expect(load({ TOKENS_FILE_FILE: file('which', '/tokens.json\n') }).TOKENS_FILE).toBe('/tokens.json');
  });

  it('a setting is refused when both its value and a file of it are given', () => {
    expect(refusal({ PORT: '1', PORT_FILE: file('port', '2') })).toBe(
      'PORT and PORT_FILE are both set; give one of them',
    );
  });

  it('a file that a setting names must exist', () => {
    const path = join(folder, 'none');
    expect(refusal({ PORT_FILE: path })).toMatch(/^PORT_FILE names a file that cannot be read \(ENOENT\)$/);
    expect(refusal({ PORT_FILE: folder })).toMatch(/^PORT_FILE names a file that cannot be read/);
  });

  it.each(['hunter2', '/hunter2', './hunter2', 'hunter2\nhunter2', 'x'.repeat(300)])(
    'the path of an unreadable file is not repeated, because a password may stand in its place: %j',
    (OS_PASSWORD_FILE) => {
      expect(refusal({ OS_PASSWORD_FILE })).toMatch(
        /^OS_PASSWORD_FILE names a file that cannot be read \(\w+\)$/,
      );
    },
  );

  it('a file that holds a setting is refused when it is larger than a value may be', () => {
    expect(load({ OS_PASSWORD_FILE: file('long', 'x'.repeat(131_072)) }).OS_PASSWORD).toHaveLength(131_072);
    expect(refusal({ OS_PASSWORD_FILE: file('longer', 'x'.repeat(131_073)) })).toBe(
      'OS_PASSWORD_FILE names a file that cannot be read (it has more than 131072 bytes)',
    );
  });

  it('a file that holds a setting may begin with a byte order mark, and is refused when it is not UTF-8', () => {
    expect(load({ DATABASE_URL_FILE: file('bom', '\ufeffsqlite://x\r\n') }).DATABASE_URL).toBe('sqlite://x');
    const utf16 = join(folder, 'utf16');
    writeFileSync(utf16, '\ufeffsqlite://x', 'utf16le');
    expect(refusal({ DATABASE_URL_FILE: utf16 })).toContain('it is not UTF-8 text');
  });

  it('the null device as the file of a setting counts as no value', () => {
    expect(load({ OS_PASSWORD_FILE: '/dev/null' }).OS_PASSWORD).toBe('');
  });

  it('a setting from a file is checked like one from the environment', () => {
    expect(refusal({ PORT_FILE: file('port', 'abc\n') })).toMatch(/^PORT must be a whole number/);
  });
});

describe('a value of several lines', () => {
  it.each(['one\ntwo', 'one\rtwo', '\none', 'one\0'])(
    'a value of several lines is refused, and not repeated: %j',
    (value) => {
      const refused = 'OS_PASSWORD must be one line, without a NUL; for example OS_PASSWORD=secret';
      expect(refusal({ OS_PASSWORD: value })).toBe(refused);
      expect(refusal({ OS_PASSWORD_FILE: file('password', value) })).toBe(refused);
    },
  );

  it('a value with a line break only at its end counts as a single line', () => {
    expect(load({ OS_PASSWORD: 'secret\n' }).OS_PASSWORD).toBe('secret');
  });
});

describe('.env', () => {
  it('.env may begin with a byte order mark', () => {
    file('.env', '\ufeffPORT=1\n');
    expect(load({}, '.env').PORT).toBe(1);
  });

  it('.env with a malformed line is refused, and its content is not repeated', () => {
    file('.env', 'TLS_KEY=-----BEGIN PRIVATE KEY-----\nMIIEhunter2==\n');
    expect(refusal({}, '.env')).toMatch(/^a name in \S+ is not a setting; known are: /);
  });

  it('.env is read, and the environment overrides it', () => {
    file('.env', '# ours\nPORT=1\nMAX_LIMIT="7"\nHOST_FILE=\n');
    expect(load({ PORT: '2' }, '.env')).toMatchObject({ PORT: 2, MAX_LIMIT: 7 });
  });

  it('.env may name files of settings', () => {
    file('.env', `MAX_LIMIT_FILE=${file('limit', '9')}\n`);
    expect(load({}, '.env').MAX_LIMIT).toBe(9);
  });

  it('.env holds no unknown name', () => {
    file('.env', 'PORT=1\nDATABSE_URL=x\n');
    const message = refusal({}, '.env');
    expect(message).toMatch(/^DATABSE_URL in .*\.env is not a setting; known are: /);
    for (const name of describedSettings().keys()) expect(message).toContain(name);
  });
});

describe('every setting', () => {
  it.each([...describedSettings()])(
    'the setting %s has a description, and its example is accepted',
    (name, info) => {
      expect(info.meaning).toMatch(/^[A-Z].*\.$/s);
      expect(() => load({ [name]: info.example })).not.toThrow();
    },
  );

  it('every declared setting has a description', () => {
    expect(Object.keys(new Settings()).filter((name) => !describedSettings().has(name))).toEqual([]);
  });
});
