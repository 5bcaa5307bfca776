import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { personas } from '../conformance/cases.js';
import { type Answer, type Keystone, startKeystone } from '../support/keystone/keystone.js';
import { createApplicationCredential, createUser } from '../support/keystone/users.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { closeAfterAll } from '../support/close-after-all.js';

const P1 = personas.alice?.project_id ?? '';

/** The fields that these tests check in Keystone's description of a valid token. */
interface ValidatedToken {
  readonly user: { readonly id: string };
  readonly project?: { readonly id: string };
  readonly domain?: { readonly id: string };
  readonly system?: { readonly all: boolean };
  readonly roles: readonly { readonly name: string }[];
  readonly application_credential?: { readonly access_rules?: readonly unknown[] };
}

let keystone: Keystone;
let service: string;

const keep = closeAfterAll();

beforeAll(async () => {
  keystone = keep(await startKeystone());
  service = await keystone.serviceToken();
});

function validate(subject: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return keystone.request('GET', '/v3/auth/tokens', { token: service, subject, headers });
}

async function validated(
  subject: string,
  headers?: Readonly<Record<string, string>>,
): Promise<ValidatedToken> {
  const { status, body } = await validate(subject, headers);
  expect(status).toBe(200);
  return (body as { token: ValidatedToken }).token;
}

const rolesOf = ({ roles }: ValidatedToken): string[] => roles.map(({ name }) => name).sort();

describe('a valid token', () => {
  it.each(Object.entries(personas))(
    "a token of the tests' Keystone has the roles and the project that are recorded for %s",
    async (name, persona) => {
      const token = await validated(await keystone.token(name));
      expect(token.user.id).toBe(persona.user_id);
      expect(token.project?.id ?? null).toBe(persona.project_id);
      expect(token.system).toEqual(persona.system === 'all' ? { all: true } : undefined);
      expect(rolesOf(token)).toEqual([...persona.roles].sort());
    },
  );

  it('the tests\' Keystone validates tokens for a caller whose only role is "service"', async () => {
    const token = await validated(service);
    expect(rolesOf(token)).toEqual(['service']);
  });

  it("a token of the tests' Keystone may have domain scope, system scope or no scope", async () => {
    const reader = await createUser(keystone, ['reader'], { domainId: 'default' });
    const domain = await validated(await reader.token());
    expect([domain.domain?.id, domain.project, domain.system]).toEqual(['default', undefined, undefined]);
    const operator = await createUser(keystone, ['member'], 'system');
    const system = await validated(await operator.token());
    expect([system.system, system.project, rolesOf(system)]).toEqual([
      { all: true },
      undefined,
      ['member', 'reader'],
    ]);
    const nothing = await validated(await reader.token('none'));
    expect([nothing.user.id, nothing.project, nothing.domain, nothing.system, nothing.roles]).toEqual([
      reader.id,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("the tests' Keystone validates a token with access rules only if the request has the header OpenStack-Identity-Access-Rules, and returns the rules", async () => {
    const accessRules = [{ service: 'compute', method: 'GET', path: '/v2.1/servers/*/os-instance-actions' }];
    const credential = await createApplicationCredential(keystone, 'alice', { accessRules });
    const token = await credential.token();
    expect((await validate(token)).status).toBe(404);
    const restricted = await validated(token, { 'openstack-identity-access-rules': '1.0' });
    expect(restricted.application_credential?.access_rules).toMatchObject(accessRules);
    expect([restricted.project?.id, rolesOf(restricted)]).toEqual([P1, ['member', 'reader']]);
  });

  it("a token of the tests' Keystone has no access rules if the application credential has no access rules", async () => {
    const credential = await createApplicationCredential(keystone, 'alice');
    const { application_credential: named } = await validated(await credential.token());
    expect(named).toBeDefined();
    expect(named).not.toHaveProperty('access_rules');
  });
});

describe('an invalid token', () => {
  it.each(['garbage', 'gAAAAABgarbage', ''])(
    "the tests' Keystone returns 404 for the token %j",
    async (garbage) => {
      expect((await validate(garbage)).status).toBe(404);
    },
  );

  it("the tests' Keystone returns 404 for a revoked token", async () => {
    const token = await keystone.token('bob');
    expect((await validate(token)).status).toBe(200);
    await keystone.revoke(token);
    expect((await validate(token)).status).toBe(404);
    expect((await validate(await keystone.token('bob'))).status).toBe(200);
  });

  it("the tests' Keystone returns 404 for a token of a disabled user", async () => {
    const user = await createUser(keystone, ['member'], { projectId: P1 });
    const token = await user.token();
    expect((await validate(token)).status).toBe(200);
    await user.disable();
    expect((await validate(token)).status).toBe(404);
    await expect(user.token()).rejects.toThrow('Keystone issued no token: 401');
  });

  it("the tests' Keystone returns 404 for a token whose application credential has expired", async () => {
    const credential = await createApplicationCredential(keystone, 'alice', { expiresInSeconds: 5 });
    const token = await credential.token();
    expect((await validate(token)).status).toBe(200);
    await expectExpiry(() => validate(token));
  });
});

describe("the tests' Keystone", () => {
  it("the tests' Keystone validates a token only for the owner of the token and for callers who may validate tokens", async () => {
    const [alice, rita] = [await keystone.token('alice'), await keystone.token('rita')];
    const validateAs = (token?: string): Promise<Answer> =>
      keystone.request('GET', '/v3/auth/tokens', { subject: alice, ...(token !== undefined && { token }) });
    const statuses = [
      await validateAs(rita),
      await validateAs('garbage'),
      await validateAs(),
      await validateAs(alice),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([403, 401, 401, 200]);
  });

  it("the tests' Keystone responds to 20 concurrent requests", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => keystone.token('mona')));
    const answers = await Promise.all(tokens.map((token) => validate(token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it("after a kill and a restart, the tests' Keystone still accepts valid tokens and rejects revoked ones", async () => {
    const [good, revoked] = [await keystone.token('alice'), await keystone.token('alice')];
    await keystone.revoke(revoked);
    const { url } = keystone;
    await keystone.kill();
    await expect(validate(good)).rejects.toThrow();
    await keystone.start();
    expect(keystone.url).toBe(url);
    expect([(await validate(good)).status, (await validate(revoked)).status]).toEqual([200, 404]);
  });

  it("the tests' Keystone does not respond while it is paused, and logs each request", async () => {
    const token = await keystone.token('alice');
    const before = keystone.log().length;
    keystone.pause();
    let answered = false;
    const waiting = validate(token).finally(() => (answered = true));
    await sleep(1000);
    expect(answered).toBe(false);
    keystone.resume();
    expect((await waiting).status).toBe(200);
    const line = /^GET \/v3\/auth\/tokens 200 \d+ ms$/m;
    for (let tries = 0; tries < 50 && !line.test(keystone.log().slice(before)); tries += 1) await sleep(20);
    expect(keystone.log().slice(before)).toMatch(line);
  });

  it("the tests' Keystone can use MariaDB and short-lived tokens", async () => {
    const server = await mariaDb();
    const databaseUrl = await server.createDatabase('keystone');
    const other = await startKeystone({ databaseUrl, tokenExpirationSeconds: 8 });
    try {
      const token = await other.token('sysreader');
      const validateAgain = async (): Promise<Answer> =>
        other.request('GET', '/v3/auth/tokens', { token: await other.serviceToken(), subject: token });
      expect((await validateAgain()).status).toBe(200);
      await expectExpiry(validateAgain);
    } finally {
      await other.stop();
      await server.stop();
    }
  });
});

/** Repeats the validation of a token until Keystone reports that the token has expired. */
async function expectExpiry(validateToken: () => Promise<Answer>): Promise<void> {
  const until = Date.now() + 20_000;
  let { status } = await validateToken();
  while (status === 200 && Date.now() < until) ({ status } = await validateToken());
  expect(status).toBe(404);
}
