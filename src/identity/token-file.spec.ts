import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from '../config/settings-error.js';
import { Settings } from '../config/settings.js';
import { type AuthRequest, Token } from './authenticator.js';
import { TokenFileAuthenticator } from './token-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function authenticator(settings: Partial<Settings>): TokenFileAuthenticator {
  return TokenFileAuthenticator.fromSettings(Object.assign(new Settings(), settings));
}

function withTokens(content: unknown): TokenFileAuthenticator {
  const path = join(folder, 'tokens.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return authenticator({ TOKENS_FILE: path });
}

/** Returns the message of the error by which the service rejects the settings. */
function settingsError(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error('the settings were accepted');
}

function requestWith(token: string): AuthRequest {
  return { token: new Token(token), serviceToken: undefined, method: 'GET', path: '/v2.1/servers' };
}

/** The properties that a caller has by default, if the entry in the tokens file does not set them. */
const defaults = {
  userDomainId: null,
  projectDomainId: null,
  domainId: null,
  systemScope: null,
  isAdminProject: true,
  service: null,
};

describe('a tokens file', () => {
  it('a tokens file gives each token a user, a project or another scope, and roles', () => {
    const tokens = withTokens({
      ordinary: { user_id: 'u', project_id: 'p', roles: ['member', 'reader'] },
      system: { user_id: 's', system_scope: 'all', roles: ['admin'] },
      domain: { user_id: 'd', project_id: null, domain_id: 'default' },
    });
    const withoutProject = { ...defaults, projectId: null, roles: [] };
    expect(tokens.authenticate(requestWith('ordinary'))).toEqual({
      ...withoutProject,
      userId: 'u',
      projectId: 'p',
      roles: ['member', 'reader'],
    });
    expect(tokens.authenticate(requestWith('system'))).toEqual({
      ...withoutProject,
      userId: 's',
      systemScope: 'all',
      roles: ['admin'],
    });
    expect(tokens.authenticate(requestWith('domain'))).toEqual({
      ...withoutProject,
      userId: 'd',
      domainId: 'default',
    });
    expect(tokens.authUrl).toBeUndefined();
  });

  it.each(['', ' ', 'toke', 'tokens', 'TOKEN', 'to ken', 'constructor', '__proto__', 'x'.repeat(100_000)])(
    'the service rejects a token that is not in the tokens file: %.20j',
    (other) => {
      expect(withTokens({ token: { user_id: 'u' } }).authenticate(requestWith(other))).toBeUndefined();
    },
  );

  it('the service accepts a token of the tokens file with white space around the token', () => {
    expect(withTokens({ token: { user_id: 'u' } }).authenticate(requestWith(' token\t'))).toBeDefined();
  });

  it('the service rejects every token if the tokens file is empty', () => {
    expect(withTokens({}).authenticate(requestWith('token'))).toBeUndefined();
  });

  it('the file with the demo tokens is the default tokens file', () => {
    const shipped = authenticator({});
    const tenant = { ...defaults, userId: '35746', projectId: '453265' };
    expect(shipped.authenticate(requestWith('demo-tenant'))).toEqual({
      ...tenant,
      roles: ['member', 'reader'],
    });
    for (const token of ['demo-admin', 'demo-auditor', 'demo-stranger']) {
      expect(shipped.authenticate(requestWith(token))).toBeDefined();
    }
  });
});

describe('an invalid tokens file', () => {
  it('the service does not start if the tokens file is missing, and the message contains the path', () => {
    const path = join(folder, 'none.json');
    expect(settingsError(() => authenticator({ TOKENS_FILE: path }))).toMatch(
      /^TOKENS_FILE cannot be read\b/,
    );
    expect(settingsError(() => authenticator({ TOKENS_FILE: path }))).toContain(path);
    expect(settingsError(() => authenticator({ TOKENS_FILE: folder }))).toMatch(
      /^TOKENS_FILE cannot be read\b/,
    );
  });

  it('the message about an unreadable tokens file does not repeat a secret that TOKENS_FILE contains by mistake', () => {
    for (const TOKENS_FILE of ['s3cret', '{"s3cret": {"user_id": "u"}}']) {
      expect(settingsError(() => authenticator({ TOKENS_FILE }))).toMatch(
        /^TOKENS_FILE cannot be read \(ENOENT\);/,
      );
    }
  });

  it('the service does not start if TOKENS_FILE is a device, because reading a device might never end', () => {
    expect(settingsError(() => authenticator({ TOKENS_FILE: '/dev/zero' }))).toMatch(
      /^TOKENS_FILE cannot be read \(it is not a regular file\): \/dev\/zero;/,
    );
  });

  it('a tokens file may start with a byte order mark', () => {
    expect(withTokens('\ufeff{"token": {"user_id": "u"}}').authenticate(requestWith('token'))).toBeDefined();
  });

  it.each(['', '{', '{"s3cret": nothing}', 'user,project'])(
    'the service does not start if the tokens file is not JSON, and the message does not repeat the content: %j',
    (content) => {
      const message = settingsError(() => withTokens(content));
      expect(message).toMatch(/^TOKENS_FILE is not JSON\b/);
      expect(message).not.toContain('s3cret');
    },
  );

  it.each([[['s3cret']], [null], ['"s3cret"'], [7]])(
    'the service does not start if the tokens file contains no JSON object, and the message does not repeat the content: %j',
    (content) => {
      const message = settingsError(() => withTokens(content === null ? 'null' : content));
      expect(message).toMatch(/^TOKENS_FILE must contain one JSON object\b/);
      expect(message).not.toContain('s3cret');
    },
  );

  it.each([
    ['no object', 'u'],
    ['null', null],
    ['a list', []],
    ['no user', { project_id: 'p', roles: ['admin'] }],
    ['an empty user', { user_id: '' }],
    ['a number as user', { user_id: 35746 }],
    ['a number as project', { user_id: 'u', project_id: 453265 }],
    ['true as system scope', { user_id: 'u', system_scope: true }],
    ['a list as domain', { user_id: 'u', domain_id: [] }],
    ['roles as text', { user_id: 'u', roles: 'admin' }],
    ['a number as a role', { user_id: 'u', roles: ['member', 7] }],
    ['null as roles', { user_id: 'u', roles: null }],
  ])(
    'the service does not start if an entry of the tokens file is invalid; the message has the number of the entry, not the token: %s',
    (_what, entry) => {
      const message = settingsError(() => withTokens({ good: { user_id: 'u' }, s3cret: entry }));
      expect(message).toMatch(/^TOKENS_FILE entry 2 must be\b/);
      expect(message).toContain('{"user_id": "…", "project_id": "…" or null, "roles": ["…"]}');
      expect(message).not.toContain('s3cret');
    },
  );

  it('the service does not start if the tokens file has an entry for the empty token', () => {
    expect(settingsError(() => withTokens({ '': { user_id: 'u' } }))).toMatch(/^TOKENS_FILE entry 1 /);
  });
});

describe('tokens from a file', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])(
    'the service accepts tokens from a file if it listens on loopback: HOST=%s',
    (HOST) => {
      expect(authenticator({ HOST }).authenticate(requestWith('demo-tenant'))).toBeDefined();
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '192.0.2.1',
    '2001:db8::1',
    'example.org',
    '127.example.org',
    '::ffff:10.0.0.1',
  ])(
    'if the service listens beyond loopback, it accepts tokens from a file only with TOKENS_FILE_BEYOND_LOOPBACK=true: HOST=%s',
    (HOST) => {
      const message = settingsError(() => authenticator({ HOST }));
      expect(message).toMatch(/^HOST .* is not a loopback address/);
      const TOKENS_FILE = 'config/demo-tokens.json';
      const remedies = ['OS_AUTH_URL', 'HOST=127.0.0.1', TOKENS_FILE, 'TOKENS_FILE_BEYOND_LOOPBACK=true'];
      for (const remedy of [...remedies, 'docker run -p 127.0.0.1:8774:8774'])
        expect(message).toContain(remedy);
      const permitted = authenticator({ HOST, TOKENS_FILE, TOKENS_FILE_BEYOND_LOOPBACK: true });
      expect(permitted.authenticate(requestWith('demo-tenant'))).toBeDefined();
    },
  );

  it.each<Partial<Settings>>([
    { HOST: '0.0.0.0', TOKENS_FILE_BEYOND_LOOPBACK: true },
    { DATABASE_URL: 'mysql://u:p@127.0.0.1/n' },
    { NOVA_API_DATABASE_URL: 'mysql://u:p@127.0.0.1/nova_api' },
    { UPSTREAM_NOVA_URL: 'http://127.0.0.1:18774' },
    { PUBLIC_URL: 'https://cloud.example.org' },
    { TRUSTED_PROXIES: ['127.0.0.1'] },
  ])(
    'the service does not start with the demo tokens if it has a real store or other clients: %j',
    (settings) => {
      expect(settingsError(() => authenticator(settings))).toMatch(
        /^Neither TOKENS_FILE nor OS_AUTH_URL is set: set one of them\. The service accepts the demo tokens/,
      );
    },
  );
});
