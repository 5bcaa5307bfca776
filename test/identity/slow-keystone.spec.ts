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

/** How long a caller waits, in milliseconds. */
const PATIENCE = 400;
/** How long Keystone takes for each answer: longer than a caller waits. */
const SLOW = 500;

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
  longest = 20_000,
  patience = PATIENCE,
} = {}): KeystoneAuthenticator {
  http = new KeystoneHttp(longest);
  const client = new KeystoneClient(http, keystone.credentials());
  const rules = { serviceType: 'compute', serviceRoles: ['service'], timeLimit: patience, cacheSeconds };
  return new KeystoneAuthenticator(client, rules);
}

async function ask(
  identity: KeystoneAuthenticator,
  token: string,
  serviceToken?: string,
): Promise<RequestContext | undefined> {
  return identity.authenticate(authRequest({ token, serviceToken }));
}

/** Tries again and again, as an honest client does. @returns the first answer that is none of a Keystone in trouble */
async function askUntilAnswered(
  ...asked: Parameters<typeof ask>
): Promise<{ context: RequestContext | undefined; refusals: number }> {
  let refusals = 0;
  for (;;) {
    try {
      return { context: await ask(...asked), refusals };
    } catch (error) {
      if (!(error instanceof IdentityUnavailable)) throw error;
      refusals += 1;
      await sleep(50);
    }
  }
}

/** Has the service signed in, for another token: an answer that comes late on a busy machine is remembered. */
async function signedIn(cacheSeconds: number): Promise<KeystoneAuthenticator> {
  const identity = authenticator({ cacheSeconds });
  keystone.tokens.set('first', {});
  await askUntilAnswered(identity, 'first');
  keystone.validations = [];
  return identity;
}

describe.each([300, 0])(
  'with a Keystone that is slower than callers wait, and TOKEN_CACHE_TIME=%d',
  (cacheSeconds) => {
    it('with a slow Keystone, all callers with one token get 503 in time, and one request to Keystone serves them when they try again', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW;
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => askUntilAnswered(identity, 'alice')),
      );
      expect(answers.every(({ context, refusals }) => context !== undefined && refusals > 0)).toBe(true);
      expect(keystone.validations.length).toBe(1);
    });

    it('with a slow Keystone, a caller of an unknown token is refused as unknown when it comes again', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW;
      expect((await askUntilAnswered(identity, 'nobody')).context).toBeUndefined();
      expect(keystone.validations.length).toBe(1);
    });

    it('with a slow Keystone, a service is served that passes on a request with a token that has ended', async () => {
      const identity = await signedIn(cacheSeconds);
      keystone.delay = SLOW;
      keystone.tokens.set('nova', { roles: ['service'] });
      keystone.tokens.set('ended', { expiresIn: -10 });
      const { context } = await askUntilAnswered(identity, 'ended', 'nova');
      expect(context).toMatchObject({ userId: 'u1', service: { roles: ['service'] } });
      expect(keystone.validations.map(({ token, allowExpired }) => [token, allowExpired])).toEqual([
        ['nova', false],
        ['ended', true],
      ]);
      // Without the service, a token that has ended is still none.
      keystone.delay = 0;
      expect((await askUntilAnswered(identity, 'ended')).context).toBeUndefined();
    });
  },
);

it('discovery, sign-in, discovery and validation that are slow are made once, however often a caller comes', async () => {
  keystone.delay = SLOW;
  keystone.serviceCatalog = [
    { type: 'identity', endpoints: [{ interface: 'internal', url: `${keystone.url}/v2.0` }] },
  ];
  const { refusals } = await askUntilAnswered(authenticator({ cacheSeconds: 0 }), 'alice');
  expect(refusals).toBeGreaterThan(1);
  expect(keystone.requests).toEqual(['GET /', 'POST /v3/auth/tokens', 'GET /', 'GET /v3/auth/tokens']);
});

it('two answers, each in time but together too late, serve the next request', async () => {
  keystone.tokens.set('nova', { roles: ['service'] });
  const identity = await signedIn(0);
  keystone.delay = PATIENCE * 0.7;
  const { refusals } = await askUntilAnswered(identity, 'alice', 'nova');
  expect(refusals).toBeGreaterThan(0);
});

it('a service token that is revoked is renewed in the background, once', async () => {
  const identity = await signedIn(0);
  keystone.revokeServiceTokens();
  keystone.delay = SLOW;
  expect((await askUntilAnswered(identity, 'alice')).context).toBeDefined();
  expect(keystone.signIns).toBe(2);
});

describe('a Keystone that never answers', () => {
  beforeEach(() => {
    keystone.delay = 60_000;
  });

  it('a silent Keystone gets one request for all callers with one token, and serves them when it responds again', async () => {
    const identity = authenticator({ longest: 1_000 });
    const refused = await Promise.allSettled(Array.from({ length: 50 }, () => ask(identity, 'alice')));
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(ask(identity, 'alice')).rejects.toThrow(IdentityUnavailable);
    expect(keystone.requests).toEqual(['GET /']);
    keystone.delay = 0;
    expect((await askUntilAnswered(identity, 'alice')).context).toBeDefined();
    expect(keystone.signIns).toBe(1);
  });

  it('a silent Keystone gets another request about a token if the first one may be lost', async () => {
    keystone.delay = 0;
    const identity = await signedIn(0);
    keystone.misbehave = () => undefined;
    await expect(ask(identity, 'alice')).rejects.toThrow(IdentityUnavailable);
    keystone.misbehave = undefined;
    expect((await askUntilAnswered(identity, 'alice')).context).toBeDefined();
    expect(keystone.validations.length).toBe(2);
  });

  it('a silent Keystone gets one discovery request at a time, however often readiness is checked', async () => {
    const identity = authenticator();
    const looks = Array.from({ length: 20 }, () => identity.isReachable());
    await until(() => keystone.requests.length > 0, 'Keystone is looked for');
    looks.push(identity.isReachable());
    await sleep(50);
    expect(keystone.requests).toEqual(['GET /']);
    await http.close();
    expect(new Set(await Promise.all(looks))).toEqual(new Set([false]));
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
    await Promise.allSettled(tokens.map((token) => ask(identity, token)));
  }

  it('a flood of unknown tokens has a bounded number of requests to Keystone in progress, fewer while Keystone is slow; cached callers are served', async () => {
    // Until Keystone counts as slow, all requests of the first flood must have come.
    const identity = authenticator({ patience: 2_000 });
    await askUntilAnswered(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 1_500, 'quick');
    expect([count('miss'), count('refused')]).toEqual([1_001, 500]);
    // No more than there are connections reach Keystone.
    expect(keystone.validations.length).toBeLessThanOrEqual(1 + 32);
    await flood(identity, 200, 'slow');
    expect([count('miss'), count('refused')]).toEqual([1_001, 700]);
    expect(await ask(identity, 'alice')).toBeDefined();
  });

  it('a flood of unknown tokens has at most 128 requests in progress to a Keystone that is slow', async () => {
    const identity = authenticator();
    await askUntilAnswered(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 1, 'first');
    await flood(identity, 300, 'more');
    expect([count('miss'), count('refused')]).toEqual([1 + 128, 173]);
  });

  it('a flood of unknown tokens does not keep the service from signing in', async () => {
    const identity = authenticator({ cacheSeconds: 0 });
    await askUntilAnswered(identity, 'alice');
    keystone.misbehave = () => undefined;
    await flood(identity, 100, 'invented');
    keystone.revokeServiceTokens();
    expect(await identity.isReachable()).toBe(true);
  });
});
