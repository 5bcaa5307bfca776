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

/** The message that these settings are refused with. */
function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error('it was accepted');
}

/** A request with a token. */
function bearing(token: string): AuthRequest {
  return { token: new Token(token), serviceToken: undefined, method: 'GET', path: '/v2.1/servers' };
}

/** What a file does not say of anybody unless asked. */
const unscoped = {
  userDomainId: null,
  projectDomainId: null,
  domainId: null,
  systemScope: null,
  isAdminProject: true,
  service: null,
};

describe('a tokens file', () => {
  it('a tokens file names the owner of a token', () => {
    const tokens = withTokens({
      ordinary: { user_id: 'u', project_id: 'p', roles: ['member', 'reader'] },
      system: { user_id: 's', system_scope: 'all', roles: ['admin'] },
      domain: { user_id: 'd', project_id: null, domain_id: 'default' },
    });
    const nobody = { ...unscoped, projectId: null, roles: [] };
    expect(tokens.authenticate(bearing('ordinary'))).toEqual({
      ...nobody,
      userId: 'u',
      projectId: 'p',
      roles: ['member', 'reader'],
    });
    expect(tokens.authenticate(bearing('system'))).toEqual({
      ...nobody,
      userId: 's',
      systemScope: 'all',
      roles: ['admin'],
    });
    expect(tokens.authenticate(bearing('domain'))).toEqual({ ...nobody, userId: 'd', domainId: 'default' });
    expect(tokens.authUrl).toBeUndefined();
  });

  it.each(['', ' ', 'toke', 'tokens', 'TOKEN', 'to ken', 'constructor', '__proto__', 'x'.repeat(100_000)])(
    'a tokens file accepts no other token: %.20j',
    (other) => {
      expect(withTokens({ token: { user_id: 'u' } }).authenticate(bearing(other))).toBeUndefined();
    },
  );

  it('a tokens file accepts a token with white space around it', () => {
    expect(withTokens({ token: { user_id: 'u' } }).authenticate(bearing(' token\t'))).toBeDefined();
  });

  it('an empty tokens file accepts no token', () => {
    expect(withTokens({}).authenticate(bearing('token'))).toBeUndefined();
  });

  it('the tokens file is the one for demonstrations unless it is set', () => {
    const shipped = authenticator({});
    const tenant = { ...unscoped, userId: '35746', projectId: '453265' };
    expect(shipped.authenticate(bearing('demo-tenant'))).toEqual({ ...tenant, roles: ['member', 'reader'] });
    for (const token of ['demo-admin', 'demo-auditor', 'demo-stranger']) {
      expect(shipped.authenticate(bearing(token))).toBeDefined();
    }
  });
});

describe('a tokens file that cannot serve', () => {
  it('a missing tokens file stops the start', () => {
    const path = join(folder, 'none.json');
    expect(refusal(() => authenticator({ TOKENS_FILE: path }))).toMatch(/^TOKENS_FILE cannot be read\b/);
    expect(refusal(() => authenticator({ TOKENS_FILE: path }))).toContain(path);
    expect(refusal(() => authenticator({ TOKENS_FILE: folder }))).toMatch(/^TOKENS_FILE cannot be read\b/);
  });

  it('a tokens file is refused without repeating a secret that stands in place of its path', () => {
    for (const TOKENS_FILE of ['s3cret', '{"s3cret": {"user_id": "u"}}']) {
      expect(refusal(() => authenticator({ TOKENS_FILE }))).toMatch(
        /^TOKENS_FILE cannot be read \(ENOENT\);/,
      );
    }
  });

  it('a tokens file is refused when reading it might never end', () => {
    expect(refusal(() => authenticator({ TOKENS_FILE: '/dev/zero' }))).toMatch(
      /^TOKENS_FILE cannot be read \(it is not a regular file\): \/dev\/zero;/,
    );
  });

  it('a tokens file may begin with a byte order mark', () => {
    expect(withTokens('\ufeff{"token": {"user_id": "u"}}').authenticate(bearing('token'))).toBeDefined();
  });

  it.each(['', '{', '{"s3cret": nothing}', 'user,project'])(
    'a tokens file that is not JSON is refused: %j',
    (content) => {
      const message = refusal(() => withTokens(content));
      expect(message).toMatch(/^TOKENS_FILE is not JSON\b/);
      expect(message).not.toContain('s3cret');
    },
  );

  it.each([[['s3cret']], [null], ['"s3cret"'], [7]])(
    'a tokens file that holds something else than tokens is refused: %j',
    (content) => {
      const message = refusal(() => withTokens(content === null ? 'null' : content));
      expect(message).toMatch(/^TOKENS_FILE must hold one object of tokens\b/);
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
    ['a yes as system scope', { user_id: 'u', system_scope: true }],
    ['a list as domain', { user_id: 'u', domain_id: [] }],
    ['roles as text', { user_id: 'u', roles: 'admin' }],
    ['a role that is no text', { user_id: 'u', roles: ['member', 7] }],
    ['null as roles', { user_id: 'u', roles: null }],
  ])('a tokens file is refused with the number of its bad entry and not its token: %s', (_what, entry) => {
    const message = refusal(() => withTokens({ good: { user_id: 'u' }, s3cret: entry }));
    expect(message).toMatch(/^TOKENS_FILE entry 2 must be\b/);
    expect(message).toContain('{"user_id": "…", "project_id": "…" or null, "roles": ["…"]}');
    expect(message).not.toContain('s3cret');
  });

  it('a tokens file with an entry for the empty token is refused', () => {
    expect(refusal(() => withTokens({ '': { user_id: 'u' } }))).toMatch(/^TOKENS_FILE entry 1 /);
  });
});

describe('tokens from a file', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])(
    'tokens from a file are accepted on loopback: %s',
    (HOST) => {
      expect(authenticator({ HOST }).authenticate(bearing('demo-tenant'))).toBeDefined();
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
  ])('tokens from a file are accepted beyond loopback only with the setting that allows it: %s', (HOST) => {
    const message = refusal(() => authenticator({ HOST }));
    expect(message).toMatch(/^HOST .* is reachable from other machines/);
    const TOKENS_FILE = 'config/demo-tokens.json';
    const ways = ['OS_AUTH_URL', 'HOST=127.0.0.1', TOKENS_FILE, 'TOKENS_FILE_BEYOND_LOOPBACK=true'];
    for (const way of [...ways, 'docker run -p 127.0.0.1:8774:8774']) expect(message).toContain(way);
    const insisted = authenticator({ HOST, TOKENS_FILE, TOKENS_FILE_BEYOND_LOOPBACK: true });
    expect(insisted.authenticate(bearing('demo-tenant'))).toBeDefined();
  });

  it.each<Partial<Settings>>([
    { HOST: '0.0.0.0', TOKENS_FILE_BEYOND_LOOPBACK: true },
    { DATABASE_URL: 'mysql://u:p@127.0.0.1/n' },
    { NOVA_API_DATABASE_URL: 'mysql://u:p@127.0.0.1/nova_api' },
    { UPSTREAM_NOVA_URL: 'http://127.0.0.1:18774' },
    { PUBLIC_URL: 'https://cloud.example.org' },
    { TRUSTED_PROXIES: ['127.0.0.1'] },
  ])('the demo tokens are refused where other machines can connect: %j', (settings) => {
    expect(refusal(() => authenticator(settings))).toMatch(
      /^TOKENS_FILE is not set, nor OS_AUTH_URL: the demo tokens/,
    );
  });
});
