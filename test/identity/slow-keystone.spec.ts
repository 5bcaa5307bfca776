import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { authRequest } from '../support/keystone/auth-request.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { until } from '../support/time/until.js';
import { IdentityUnavailable } from '../../src/identity/authenticator.js';
import type { RequestContext } from '../../src/identity/request-context.js';
import { KeystoneAuthenticator } from '../../src/identity/keystone/keystone-authenticator.js';
import { KeystoneClient } from '../../src/identity/keystone/keystone-client.js';
import { KeystoneHttp } from '../../src/identity/keystone/keystone-http.js';
import { type TokenLookup, tokenLookups } from '../../src/identity/keystone/token-cache.js';

/** The time that a caller waits for Keystone before it is rejected, in milliseconds. */
const TIME_LIMIT = 400;
/** The time that the slow Keystone needs for each response, in milliseconds. It is longer than TIME_LIMIT. */
const SLOW_DELAY = 500;

let keystone: FakeKeystone;
let http: KeystoneHttp;

beforeEach(async () => {
  keystone = new FakeKeystone();
  await keystone.start();
  keystone.tokens.set('alice', {});
});

afterEach(async () => {
  await http.close();
  await keystone.stop();
});

function authenticator({
  cacheSeconds = 300,
  requestLimit = 20_000,
  timeLimit = TIME_LIMIT,
} = {}): KeystoneAuthenticator {
  http = new KeystoneHttp(requestLimit);
  const client = new KeystoneClient(http, keystone.credentials());
  const rules = { serviceType: 'compute', serviceRoles: ['service'], timeLimit, cacheSeconds };
  return new KeystoneAuthenticator(client, rules);
}

async function authenticate(
  identity: KeystoneAuthenticator,
  token: string,
  serviceToken?: string,
): Promise<RequestContext | undefined> {
  return identity.authenticate(authRequest({ token, serviceToken }));
}

/**
 * Repeats a request while the authenticator reports that Keystone is unavailable, as a client does after a 503.
 *
 * @returns the caller, and the number of failures
 */
async function retryWhileUnavailable(
  ...request: Parameters<typeof authenticate>
): Promise<{ context: RequestContext | undefined; failures: number }> {
  let failures = 0;
  for (;;) {
    try {
      return { context: await authenticate(...request), failures };
    } catch (error) {
      if (!(error instanceof IdentityUnavailable)) throw error;
      failures += 1;
      await sleep(50);
    }
  }
}

/**
 * Returns an authenticator that has already signed in at Keystone. It signs in to validate the token `first`. The tests
 * do not use this token, because its result may be cached.
 */
async function signedIn(cacheSeconds: number): Promise<KeystoneAuthenticator> {
  const identity = authenticator({ cacheSeconds });
  keystone.tokens.set('first', {});
  await retryWhileUnavailable(identity, 'first');
  keystone.validations = [];
  return identity;
}

describe.each([300, 0])(
  'with a Keystone that is slower than callers wait, and TOKEN_CACHE_TIME=%d',
  (cacheSeconds) => {
    it('with a slow Keystone, all callers with one token get 503 within the time limit, and one validation is enough for their next requests', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW_DELAY;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => retryWhileUnavailable(identity, 'alice')),
      );
      expect(answers.every(({ context, failures }) => context !== undefined && failures > 0)).toBe(true);
      expect(keystone.validations.length).toBe(1);
    });

    it('with a slow Keystone, a caller with an unknown token gets 503 first, and 401 for a later request', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW_DELAY;
      expect((await retryWhileUnavailable(identity, 'nobody')).context).toBeUndefined();
      expect(keystone.validations.length).toBe(1);
    });

    it('with a slow Keystone, a caller with a service token can still use a recently expired user token', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW_DELAY;
      keystone.tokens.set('nova', { roles: ['service'] });
      keystone.tokens.set('expired', { expiresIn: -10 });
      const { context } = await retryWhileUnavailable(identity, 'expired', 'nova');
      expect(context).toMatchObject({ userId: 'u1', service: { roles: ['service'] } });
      expect(keystone.validations.map(({ token, allowExpired }) => [token, allowExpired])).toEqual([
        ['nova', false],
        ['expired', true],
      ]);
      // The service accepts the expired token only together with a service token.
      keystone.delay = 0;
      expect((await retryWhileUnavailable(identity, 'expired')).context).toBeUndefined();
    });
  },
);

it('the service sends each slow request for discovery, sign-in and validation to Keystone once, however often a caller repeats a request', async () => {
  keystone.delay = SLOW_DELAY;
  keystone.serviceCatalog = [
    { type: 'identity', endpoints: [{ interface: 'internal', url: `${keystone.url}/v2.0` }] },
  ];
  const { failures } = await retryWhileUnavailable(authenticator({ cacheSeconds: 0 }), 'alice');
  expect(failures).toBeGreaterThan(1);
  expect(keystone.requests).toEqual(['GET /', 'POST /v3/auth/tokens', 'GET /', 'GET /v3/auth/tokens']);
});

it('if sign-in and validation together take too long for a caller, the service uses the results for the next request', async () => {
  keystone.tokens.set('nova', { roles: ['service'] });
  const identity = await signedIn(0);
  keystone.delay = TIME_LIMIT * 0.7;
  const { failures } = await retryWhileUnavailable(identity, 'alice', 'nova');
  expect(failures).toBeGreaterThan(0);
});

it('the service renews its own revoked token once, even if a caller repeats a request meanwhile', async () => {
  const identity = await signedIn(0);
  keystone.revokeServiceTokens();
  keystone.delay = SLOW_DELAY;
  expect((await retryWhileUnavailable(identity, 'alice')).context).toBeDefined();
  expect(keystone.signIns).toBe(2);
});

describe('a Keystone that does not respond', () => {
  beforeEach(() => {
    keystone.delay = 60_000;
  });

  it('a Keystone that does not respond gets one request for all callers with one token; the callers are accepted when Keystone responds again', async () => {
    const identity = authenticator({ requestLimit: 1_000 });
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => authenticate(identity, 'alice')),
    );
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(authenticate(identity, 'alice')).rejects.toThrow(IdentityUnavailable);
    expect(keystone.requests).toEqual(['GET /']);
    keystone.delay = 0;
    expect((await retryWhileUnavailable(identity, 'alice')).context).toBeDefined();
    expect(keystone.signIns).toBe(1);
  });

  it('a Keystone that does not respond gets a second request about a token after twice the time limit', async () => {
    keystone.delay = 0;
    const identity = await signedIn(0);
    keystone.misbehave = () => undefined;
    await expect(authenticate(identity, 'alice')).rejects.toThrow(IdentityUnavailable);
    keystone.misbehave = undefined;
    expect((await retryWhileUnavailable(identity, 'alice')).context).toBeDefined();
    expect(keystone.validations.length).toBe(2);
  });

  it('a Keystone that does not respond gets one discovery request at a time, however often readiness is checked', async () => {
    const identity = authenticator();
    const checks = Array.from({ length: 20 }, () => identity.isReachable());
    await until(() => keystone.requests.length > 0, 'Keystone gets a discovery request');
    checks.push(identity.isReachable());
    await sleep(50);
    expect(keystone.requests).toEqual(['GET /']);
    await http.close();
    expect(new Set(await Promise.all(checks))).toEqual(new Set([false]));
  });
});

describe('a flood of unknown tokens', () => {
  const results: TokenLookup[] = [];
  const note = (result: TokenLookup): void => void results.push(result);

  beforeEach(() => {
    results.length = 0;
    tokenLookups.subscribe(note);
  });

  afterEach(() => void tokenLookups.unsubscribe(note));

  const count = (wanted: TokenLookup): number => results.filter((result) => result === wanted).length;

  async function flood(identity: KeystoneAuthenticator, size: number, name: string): Promise<void> {
    const tokens = Array.from({ length: size }, (_, index) => `${name}-${index}`);
    await Promise.allSettled(tokens.map((token) => authenticate(identity, token)));
  }

  it('a flood of unknown tokens causes at most 1,000 validations in progress, and no further ones while Keystone is slow; callers with a cached token are accepted', async () => {
    // The time limit is long: all requests of the first flood must arrive before the authenticator considers Keystone
    // slow.
    const identity = authenticator({ timeLimit: 2_000 });
    await retryWhileUnavailable(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 1_500, 'quick');
    expect([count('miss'), count('refused')]).toEqual([1_001, 500]);
    // The authenticator opens at most 32 connections to Keystone for validations. So Keystone receives at most 32 of
    // these requests at a time.
    expect(keystone.validations.length).toBeLessThanOrEqual(1 + 32);
    await flood(identity, 200, 'slow');
    expect([count('miss'), count('refused')]).toEqual([1_001, 700]);
    expect(await authenticate(identity, 'alice')).toBeDefined();
  });

  it('a flood of unknown tokens causes at most 128 validations in progress while Keystone is slow', async () => {
    const identity = authenticator();
    await retryWhileUnavailable(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 1, 'first');
    await flood(identity, 300, 'more');
    expect([count('miss'), count('refused')]).toEqual([1 + 128, 173]);
  });

  it('a flood of unknown tokens does not delay the discovery of Keystone: Keystone counts as reachable', async () => {
    const identity = authenticator({ cacheSeconds: 0 });
    await retryWhileUnavailable(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 100, 'invented');
    keystone.revokeServiceTokens();
    expect(await identity.isReachable()).toBe(true);
  });
});
