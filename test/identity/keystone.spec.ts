import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authRequest, type AuthRequestText } from '../support/keystone/auth-request.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { type AuthRequest, IdentityUnavailable } from '../../src/identity/authenticator.js';
import { KeystoneAuthenticator } from '../../src/identity/keystone/keystone-authenticator.js';
import { KeystoneClient } from '../../src/identity/keystone/keystone-client.js';
import { KeystoneHttp } from '../../src/identity/keystone/keystone-http.js';

describe('authentication by Keystone', () => {
  let keystone: FakeKeystone;
  let authenticators: KeystoneAuthenticator[];

  beforeEach(async () => {
    keystone = new FakeKeystone();
    await keystone.start();
    keystone.tokens.set('alice', {});
    authenticators = [];
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const authenticator of authenticators) await authenticator.close();
    await keystone.stop();
  });

  function authenticator({
    cacheSeconds = 300,
    timeLimit = 10_000,
    password = 'secret',
    path = '',
  } = {}): KeystoneAuthenticator {
    const client = new KeystoneClient(new KeystoneHttp(timeLimit), keystone.credentials(path, password));
    const rules = { serviceType: 'compute', serviceRoles: ['service'], timeLimit, cacheSeconds };
    const made = new KeystoneAuthenticator(client, rules);
    authenticators.push(made);
    return made;
  }

  const requestWith = (token: string | undefined, more: AuthRequestText = {}): AuthRequest =>
    authRequest({ token, ...more });

  it.each(['', '/', '/v3', '/v3/'])(
    'the service authenticates callers if OS_AUTH_URL ends in %j',
    async (path) => {
      const identity = authenticator({ path });
      expect(await identity.authenticate(requestWith('alice'))).toEqual({
        userId: 'u1',
        userDomainId: 'default',
        projectId: 'p1',
        projectDomainId: 'default',
        domainId: null,
        systemScope: null,
        roles: ['member', 'reader'],
        isAdminProject: true,
        service: null,
      });
      expect(keystone.validations[0]?.headers['openstack-identity-access-rules']).toBe('1.0');
    },
  );

  it.each([
    ['system', { system: { all: true } }, { projectId: null, domainId: null, systemScope: 'all' }],
    ['domain', { domain: { id: 'd1', name: 'D' } }, { projectId: null, domainId: 'd1', systemScope: null }],
    ['no', {}, { projectId: null, domainId: null, systemScope: null }],
  ])('the service accepts a token with %s scope', async (_scope, scope, expected) => {
    keystone.tokens.set('scoped', { scope });
    expect(await authenticator().authenticate(requestWith('scoped'))).toMatchObject(expected);
  });

  it('the service accepts a token with 1,000 roles and rejects a token with 1,001 roles', async () => {
    const roles = Array.from({ length: 1_001 }, (_, index) => `role-${index}`);
    keystone.tokens.set('many', { roles });
    keystone.tokens.set('fewer', { roles: roles.slice(1) });
    const identity = authenticator();
    await expect(identity.authenticate(requestWith('many'))).rejects.toThrow(IdentityUnavailable);
    expect(await identity.authenticate(requestWith('fewer'))).toBeDefined();
  });

  it('the service removes white space around a token', async () => {
    expect(await authenticator().authenticate(requestWith(' \talice '))).toBeDefined();
    expect(keystone.validations.map(({ token }) => token)).toEqual(['alice']);
  });

  it.each([undefined, '', ' ', 'nobody', 'älice', 'a b', 'x\u0000', 'x'.repeat(8193)])(
    'the service rejects the token %j',
    async (token) => {
      expect(await authenticator().authenticate(requestWith(token))).toBeUndefined();
    },
  );

  describe('the cache of tokens', () => {
    it('the service sends one request to Keystone for 50 concurrent requests with one token, and no request for the next one', async () => {
      const identity = authenticator();
      const callers = await Promise.all(
        Array.from({ length: 50 }, async () => identity.authenticate(requestWith('alice'))),
      );
      expect(new Set(callers).size).toBe(1);
      await identity.authenticate(requestWith('alice'));
      expect([keystone.validations.length, keystone.signIns]).toEqual([1, 1]);
    });

    it('the service does not cache tokens if TOKEN_CACHE_TIME is 0', async () => {
      const identity = authenticator({ cacheSeconds: 0 });
      await identity.authenticate(requestWith('alice'));
      await identity.authenticate(requestWith('alice'));
      expect(keystone.validations.length).toBe(2);
    });

    it('the service does not accept a cached token after it has expired', async () => {
      keystone.tokens.set('short', { expiresIn: 100 });
      const identity = authenticator();
      expect(await identity.authenticate(requestWith('short'))).toBeDefined();
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 100_000);
      keystone.tokens.delete('short');
      expect(await identity.authenticate(requestWith('short'))).toBeUndefined();
    });

    it('if Keystone does not know a token, the service caches this verdict for a short time', async () => {
      const identity = authenticator();
      await identity.authenticate(requestWith('nobody'));
      await identity.authenticate(requestWith('nobody'));
      expect(keystone.validations.length).toBe(1);
    });

    it('the service does not cache a failure of Keystone', async () => {
      const identity = authenticator();
      keystone.misbehave = (response) => void response.writeHead(500).end();
      await expect(identity.authenticate(requestWith('alice'))).rejects.toThrow(IdentityUnavailable);
      keystone.misbehave = undefined;
      expect(await identity.authenticate(requestWith('alice'))).toBeDefined();
    });
  });

  it('the service reports a programming error during authentication as such, not as an unreachable Keystone', async () => {
    const mistaken = { publicUrl: '', validate: () => Promise.reject(new TypeError('x is not a function')) };
    const rules = { serviceType: 'compute', serviceRoles: [], timeLimit: 500, cacheSeconds: 300 };
    const identity = new KeystoneAuthenticator(mistaken as unknown as KeystoneClient, rules);
    await expect(identity.authenticate(requestWith('alice'))).rejects.toThrow(TypeError);
  });

  describe("the service's own token", () => {
    it('the service renews its own token before it expires', async () => {
      keystone.serviceTokenLifetime = 30;
      const identity = authenticator({ cacheSeconds: 0 });
      await identity.authenticate(requestWith('alice'));
      await identity.authenticate(requestWith('alice'));
      expect(keystone.signIns).toBe(2);
    });

    it("if Keystone rejects the service's own token, the service renews that token once for the request", async () => {
      const identity = authenticator({ cacheSeconds: 0 });
      await identity.authenticate(requestWith('alice'));
      keystone.revokeServiceTokens();
      expect(await identity.authenticate(requestWith('alice'))).toBeDefined();
      expect(keystone.signIns).toBe(2);
      keystone.misbehave = (response) => void response.writeHead(401).end();
      await expect(identity.authenticate(requestWith('alice'))).rejects.toThrow(IdentityUnavailable);
      expect(keystone.signIns).toBe(3);
    });

    it("if Keystone rejects the service's own token in 30 concurrent requests, the service renews that token once", async () => {
      const identity = authenticator({ cacheSeconds: 0 });
      const names = Array.from({ length: 30 }, (_, index) => `caller-${index}`);
      for (const name of names) keystone.tokens.set(name, {});
      await identity.authenticate(requestWith('alice'));
      keystone.revokeServiceTokens();
      const contexts = await Promise.all(names.map(async (name) => identity.authenticate(requestWith(name))));
      expect(contexts.every((context) => context !== undefined)).toBe(true);
      expect(keystone.signIns).toBe(2);
    });

    it("if the service's own password is wrong, the service accepts no caller and validates no token", async () => {
      const identity = authenticator({ password: 'wrong' });
      await expect(identity.authenticate(requestWith('alice'))).rejects.toThrow(IdentityUnavailable);
      expect(keystone.validations).toEqual([]);
    });
  });

  describe('a Keystone that', () => {
    it.each<[string, (response: ServerResponse) => void]>([
      ['returns 500', (response) => void response.writeHead(500).end('oops')],
      ['returns 413', (response) => void response.writeHead(413).end('<html>')],
      ['returns 403', (response) => void response.writeHead(403).end('{}')],
      ['returns a body that is not JSON', (response) => void response.writeHead(200).end('{"token":')],
      ['returns an empty body', (response) => void response.writeHead(200).end()],
      [
        'returns a token without a user',
        (response) => void response.writeHead(200).end('{"token": {"roles": ["admin"]}}'),
      ],
      ['redirects', (response) => void response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()],
      ['closes the connection', (response) => void response.destroy()],
      ['does not respond', () => undefined],
      [
        'sends only a part of the response',
        (response) => void response.writeHead(200, { 'Content-Length': '100' }).write('{'),
      ],
    ])(
      'a Keystone that %s counts as unreachable within KEYSTONE_TIMEOUT; callers with a cached token are still accepted',
      async (_what, misbehave) => {
        const identity = authenticator({ timeLimit: 2_000 });
        await identity.authenticate(requestWith('alice'));
        keystone.tokens.set('bob', {});
        keystone.misbehave = misbehave;
        const begun = Date.now();
        await expect(identity.authenticate(requestWith('bob'))).rejects.toThrow(IdentityUnavailable);
        expect(Date.now() - begun).toBeLessThan(2_000 + BUSY_MACHINE_MARGIN);
        // While Keystone fails, a caller with a cached token is accepted. New callers are accepted again when Keystone
        // responds.
        expect(await identity.authenticate(requestWith('alice'))).toBeDefined();
        keystone.misbehave = undefined;
        // The validation of bob's token continues after the call has failed. It may still fail a moment later.
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(await identity.authenticate(requestWith('bob'))).toBeDefined();
      },
    );
  });

  describe('a service token', () => {
    beforeEach(() => {
      keystone.tokens.set('nova', { roles: ['service'] });
      keystone.tokens.set('expired', { expiresIn: -10 });
    });

    it('the service accepts a recently expired user token if the request also has a service token', async () => {
      const identity = authenticator();
      expect(await identity.authenticate(requestWith('expired'))).toBeUndefined();
      const context = await identity.authenticate(requestWith('expired', { serviceToken: ' nova ' }));
      expect(context).toMatchObject({ userId: 'u1', service: { roles: ['service'] } });
      // The same user token and the same service token give the same context object.
      const user = requestWith('alice', { serviceToken: 'nova' });
      expect(await identity.authenticate(user)).toBe(await identity.authenticate(user));
    });

    it.each([
      ['unknown', 'nobody'],
      ['without the role', 'alice'],
      ['expired', 'expired'],
    ])(
      'the service rejects a request with a valid user token if the service token in the request is %s',
      async (_what, serviceToken) => {
        expect(await authenticator().authenticate(requestWith('alice', { serviceToken }))).toBeUndefined();
      },
    );

    it('the service rejects a request that has a service token but no user token', async () => {
      expect(
        await authenticator().authenticate(requestWith(undefined, { serviceToken: 'nova' })),
      ).toBeUndefined();
    });
  });

  describe('access rules', () => {
    const rule = { service: 'compute', method: 'GET', path: '/v2.1/servers/*/os-instance-actions' };
    const allowed = async (
      accessRules: readonly object[] | null,
      more: AuthRequestText = {},
    ): Promise<boolean> => {
      keystone.tokens.set('restricted', { accessRules });
      return (await authenticator().authenticate(requestWith('restricted', more))) !== undefined;
    };

    it.each([
      ['/v2.1/servers/*/os-instance-actions', true],
      ['/v2.1/servers/{id}/os-instance-actions', true],
      ['/v2.1/**', true],
      ['/v2.1/servers/s*/os-instance-actions', true],
      ['/v2.1/*', false],
      ['/v2.1/servers/*', false],
      ['/v2x1/servers/*/os-instance-actions', false],
      ['/v2.1/servers/s1/os-instance-action.', false],
    ])(
      'an access rule permits GET /v2.1/servers/…/os-instance-actions if the path of the rule is %s: %s',
      async (path, expected) => {
        expect(await allowed([{ ...rule, path }])).toBe(expected);
      },
    );

    it('an access rule permits a request only if the method and the service type of the rule match too', async () => {
      expect(await allowed([rule])).toBe(true);
      expect(await allowed([{ ...rule, method: 'POST' }])).toBe(false);
      expect(await allowed([{ ...rule, service: 'image' }])).toBe(false);
      expect(await allowed([])).toBe(false);
      expect(await allowed(null)).toBe(true);
      expect(await allowed([{ ...rule, method: 'POST' }, rule])).toBe(true);
    });

    it('the service rejects a token whose access rules have too many wildcards, and accepts a token whose rules have few wildcards', async () => {
      const path = `/${'**a'.repeat(40)}**b`;
      expect(await allowed([{ ...rule, path }], { path: `/${'a'.repeat(4_000)}` })).toBe(false);
      expect(await allowed([{ ...rule, path: '/**/x*{y}' }], { path: '/a/b/xcd' })).toBe(true);
      expect(await allowed([{ ...rule, path: '/**/x*{y}' }], { path: '/a/b/xc' })).toBe(false);
    });

    it("a token with access rules permits no request if the token's catalogue does not contain the service", async () => {
      keystone.tokens.set('restricted', { accessRules: [rule], catalog: [{ type: 'image' }] });
      expect(await authenticator().authenticate(requestWith('restricted'))).toBeUndefined();
    });

    it('the service does not check access rules in a request with a service token', async () => {
      keystone.tokens.set('nova', { roles: ['service'] });
      expect(await allowed([{ ...rule, method: 'POST' }], { serviceToken: 'nova' })).toBe(true);
    });
  });
});
