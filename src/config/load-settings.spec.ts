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

/** Returns the message of the error by which the service rejects the settings. */
function settingsError(environment: Readonly<Record<string, string | undefined>>, envFile?: string): string {
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
      MIGRATE_ON_START: true,
      COPY_FALLBACK: 'on',
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
      SERVER_GROUPS_QUOTA: 10,
      PAST_SHARE: 25,
      RECONCILE_HOURS: 6,
      TRUSTED_PROXIES: [],
      UPSTREAM_CONNECTIONS: 100,
      HTTP_RECORDING: 'auto',
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

  it('settings from the environment are converted to their types, and other variables are ignored', () => {
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
  ])('a boolean setting accepts %s', (text, value) => {
    expect(load({ TOKENS_FILE_BEYOND_LOOPBACK: text }).TOKENS_FILE_BEYOND_LOOPBACK).toBe(value);
  });

  it.each([
    ['10.0.0.0/8, 127.0.0.1,', ['10.0.0.0/8', '127.0.0.1']],
    ['::1,2001:db8::/32', ['::1', '2001:db8::/32']],
    [' , ', []],
  ])('a setting whose value is a list accepts %j', (text, list) => {
    expect(load({ TRUSTED_PROXIES: text }).TRUSTED_PROXIES).toEqual(list);
  });

  it.each(['hour@0', 'hour@59', 'day@018', 'day@23', 'month@31', 'year@12'])(
    'INSTANCE_USAGE_AUDIT_PERIOD accepts %s',
    (period) => {
      expect(load({ INSTANCE_USAGE_AUDIT_PERIOD: period }).INSTANCE_USAGE_AUDIT_PERIOD).toBe(period);
    },
  );

  it('a setting with an empty value counts as not set', () => {
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

describe('an invalid setting', () => {
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
          'must be hour, day, month or year, optionally with @ and a valid minute, hour, day or month, such as day@18',
          'month@15',
        ] as const,
    ),
    ['HOST_NAME', 'h'.repeat(256), 'must have 255 characters or fewer', 'api-1.example.org'],
    ['MODULES', ',', 'must be names of modules', 'instance-actions,server-groups'],
    ['OPERATIONS_PORT', '8774', 'must differ from PORT', '9774'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug', 'info'],
    ['LOG_LEVEL', 'INFO', 'must be one of fatal, error, warn, info, debug', 'info'],
  ])(
    'the message about an invalid setting has its name, the reason and an example: %s=%s',
    (name, value, wrong, example) => {
      expect(settingsError({ [name]: value })).toBe(`${name} ${wrong}; for example ${name}=${example}`);
    },
  );

  describe.each([
    ['UPSTREAM_NOVA_URL', 'http://127.0.0.1:18774'],
    ['PUBLIC_URL', 'https://compute.example.org'],
    ['OS_AUTH_URL', 'https://keystone.example.org:5000'],
    ['WWW_AUTHENTICATE_URI', 'https://keystone.example.org:5000'],
  ])('the setting %s', (name, example) => {
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
    ])('a setting with an HTTP address rejects an address that is %s', (value) => {
      expect(settingsError({ [name]: value })).toBe(
        `${name} must be an http:// or https:// address in ASCII, without user, query and fragment; for example ${name}=${example}`,
      );
    });

    it.each(['http://nova', 'https://nova.example.org:8774/compute/', 'http://[::1]:8774', 'http://no_va-1'])(
      'a setting with an HTTP address accepts an address that is %s',
      (value) => {
        expect(load({ [name]: value })).toMatchObject({ [name]: value });
      },
    );
  });

  it.each(['foo', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129', '1.2.3.4,foo'])(
    'the message about an invalid address of a proxy has the name of the setting, the reason and an example: TRUSTED_PROXIES=%s',
    (value) => {
      expect(settingsError({ TRUSTED_PROXIES: value })).toBe(
        'TRUSTED_PROXIES must be IP addresses or networks such as 10.0.0.0/8; ' +
          'for example TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1',
      );
    },
  );

  it('a value of MAX_LIMIT that is too large for a database is rejected', () => {
    expect(settingsError({ MAX_LIMIT: '99999999999999999999' })).toMatch(
      /^MAX_LIMIT must be \d+ or less; for example/,
    );
  });

  it('the message about an invalid setting does not contain the password in its value', () => {
    const message = settingsError({ DATABASE_URL: 'postgres://u:s3cret@db/n' });
    expect(message).toMatch(
      /^DATABASE_URL must start with sqlite:\/\/ or mysql:\/\/; for example DATABASE_URL=/,
    );
    expect(message).not.toContain('s3cret');
  });

  it('the message about an invalid setting is one line, even if the value has several lines', () => {
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
    for (const name of checked) expect(settingsError({ [name]: 'a\nb' })).not.toContain('\n');
  });
});

describe('a file with the value of a setting', () => {
  it('the line break at the end of a file of <NAME>_FILE is not part of the value', () => {
    const environment = { PORT_FILE: file('port', '8080\n'), LOG_LEVEL_FILE: file('level', 'warn\r\n') };
    expect(load(environment)).toMatchObject({ PORT: 8080, LOG_LEVEL: 'warn' });
  });

  it('if the value of a setting is a path, the file of that setting may contain the path', () => {
    expect(load({ TOKENS_FILE_FILE: file('which', '/tokens.json\n') }).TOKENS_FILE).toBe('/tokens.json');
  });

  it('the service rejects a setting <NAME> if both <NAME> and <NAME>_FILE are set', () => {
    expect(settingsError({ PORT: '1', PORT_FILE: file('port', '2') })).toBe(
      'PORT and PORT_FILE are both set; set only one of them',
    );
  });

  it('the service rejects a setting <NAME>_FILE if its file does not exist or is a folder', () => {
    const path = join(folder, 'none');
    expect(settingsError({ PORT_FILE: path })).toMatch(
      /^PORT_FILE names a file that cannot be read \(ENOENT\)$/,
    );
    expect(settingsError({ PORT_FILE: folder })).toMatch(/^PORT_FILE names a file that cannot be read/);
  });

  it.each(['hunter2', '/hunter2', './hunter2', 'hunter2\nhunter2', 'x'.repeat(300)])(
    'the message about an unreadable file of <NAME>_FILE does not contain the path, because the user may have set a password instead: %j',
    (OS_PASSWORD_FILE) => {
      expect(settingsError({ OS_PASSWORD_FILE })).toMatch(
        /^OS_PASSWORD_FILE names a file that cannot be read \(\w+\)$/,
      );
    },
  );

  it('the service rejects a file of <NAME>_FILE with more than 131,072 bytes', () => {
    expect(load({ OS_PASSWORD_FILE: file('long', 'x'.repeat(131_072)) }).OS_PASSWORD).toHaveLength(131_072);
    expect(settingsError({ OS_PASSWORD_FILE: file('longer', 'x'.repeat(131_073)) })).toBe(
      'OS_PASSWORD_FILE names a file that cannot be read (it has more than 131072 bytes)',
    );
  });

  it('a file of <NAME>_FILE may start with a byte order mark; the service rejects a file that is not UTF-8', () => {
    expect(load({ DATABASE_URL_FILE: file('bom', '\ufeffsqlite://x\r\n') }).DATABASE_URL).toBe('sqlite://x');
    const utf16 = join(folder, 'utf16');
    writeFileSync(utf16, '\ufeffsqlite://x', 'utf16le');
    expect(settingsError({ DATABASE_URL_FILE: utf16 })).toContain('it is not UTF-8 text');
  });

  it('<NAME>_FILE=/dev/null sets the setting to an empty value', () => {
    expect(load({ OS_PASSWORD_FILE: '/dev/null' }).OS_PASSWORD).toBe('');
  });

  it('the service validates a setting from a file like a setting from the environment', () => {
    expect(settingsError({ PORT_FILE: file('port', 'abc\n') })).toMatch(/^PORT must be a whole number/);
  });
});

describe('a value with several lines', () => {
  it.each(['one\ntwo', 'one\rtwo', '\none', 'one\0'])(
    'a setting with several lines or a NUL character is rejected, and the message does not repeat the value: %j',
    (value) => {
      const message = 'OS_PASSWORD must be one line without NUL characters; for example OS_PASSWORD=secret';
      expect(settingsError({ OS_PASSWORD: value })).toBe(message);
      expect(settingsError({ OS_PASSWORD_FILE: file('password', value) })).toBe(message);
    },
  );

  it('a value with a line break only at its end counts as a single line', () => {
    expect(load({ OS_PASSWORD: 'secret\n' }).OS_PASSWORD).toBe('secret');
  });
});

describe('.env', () => {
  it('.env may start with a byte order mark', () => {
    file('.env', '\ufeffPORT=1\n');
    expect(load({}, '.env').PORT).toBe(1);
  });

  it('.env with a malformed line is rejected, and the message does not repeat the line', () => {
    file('.env', 'TLS_KEY=-----BEGIN PRIVATE KEY-----\nMIIEhunter2==\n');
    expect(settingsError({}, '.env')).toMatch(/^a name in \S+ is not a setting; the settings are: /);
  });

  it('.env sets the settings that the environment does not set', () => {
    file('.env', '# ours\nPORT=1\nMAX_LIMIT="7"\nHOST_FILE=\n');
    expect(load({ PORT: '2' }, '.env')).toMatchObject({ PORT: 2, MAX_LIMIT: 7 });
  });

  it('.env may set a setting with <NAME>_FILE', () => {
    file('.env', `MAX_LIMIT_FILE=${file('limit', '9')}\n`);
    expect(load({}, '.env').MAX_LIMIT).toBe(9);
  });

  it('.env with an unknown name is rejected, and the message lists all settings', () => {
    file('.env', 'PORT=1\nDATABSE_URL=x\n');
    const message = settingsError({}, '.env');
    expect(message).toMatch(/^DATABSE_URL in .*\.env is not a setting; the settings are: /);
    for (const name of describedSettings().keys()) expect(message).toContain(name);
  });
});

describe('every setting', () => {
  it.each([...describedSettings()])('the setting %s has a description and a valid example', (name, info) => {
    expect(info.meaning).toMatch(/^[A-Z].*\.$/s);
    expect(() => load({ [name]: info.example })).not.toThrow();
  });

  it('every declared setting has a description', () => {
    expect(Object.keys(new Settings()).filter((name) => !describedSettings().has(name))).toEqual([]);
  });
});
