import { beforeAll, describe, expect, it } from '@jest/globals';
import { personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { type ClientOptions, OpenStackClient } from '../support/comparison/openstack-client.js';
import { createSqlite, fillStore } from '../support/databases/stores.js';
import { setComputeEndpoint } from '../support/keystone/catalogue.js';
import { startKeystone } from '../support/keystone/keystone.js';
import { keystoneSettings } from '../support/keystone/settings.js';
import { startService } from '../support/service/service.js';

const SERVER = 'bb8e5db9-7a3a-4c0e-8a0c-0f2d5d1f3a01';
const NEWEST = '2.92';

describe("openstackclient's commands that write, with a service on its own store", () => {
  const keep = closeAfterAll();
  let client: OpenStackClient;

  beforeAll(async () => {
    const keystone = keep(await startKeystone());
    const store = keep(await createSqlite());
    const { user_id, project_id } = personas['alice'] ?? { user_id: '', project_id: '' };
    await fillStore(store.url, {
      instances: [{ uuid: SERVER, user_id, project_id, display_name: 'web', deleted: 0 }],
    });
    const service = keep(await startService({ DATABASE_URL: store.url, ...keystoneSettings(keystone) }));
    await setComputeEndpoint(keystone, service.url);
    client = keep(await OpenStackClient.create(keystone));
  });

  /** Runs a command, which must succeed. @returns its output */
  async function run(words: readonly string[], options: Partial<ClientOptions> = {}): Promise<string> {
    const given = { persona: 'alice', microversion: NEWEST, ...options };
    const { code, stdout, stderr } = await client.run(words, given);
    expect([words, code, stderr]).toEqual([words, 0, '']);
    return stdout;
  }

  async function json(words: readonly string[], microversion = NEWEST): Promise<unknown> {
    return JSON.parse(await run([...words, '-f', 'json'], { microversion }));
  }

  /** Returns the newest action in the log of the server, and its events. */
  async function newestEntry(): Promise<unknown> {
    const [newest] = (await json(['server', 'event', 'list', SERVER])) as Record<string, string>[];
    return json(['server', 'event', 'show', SERVER, newest?.['Request ID'] ?? '']);
  }

  it.each(['2.1', NEWEST])(
    'openstackclient creates, lists, shows and deletes a server group with microversion %s',
    async (version) => {
      const group = ['server', 'group'];
      const created = await json([...group, 'create', '--policy', 'anti-affinity', 'web'], version);
      const { id } = created as { id: string };
      expect(created).toMatchObject({ name: 'web', members: [] });
      expect(await json([...group, 'show', id], version)).toEqual(created);
      expect(await json([...group, 'list'], version)).toEqual([
        expect.objectContaining({ ID: id, Name: 'web' }),
      ]);
      await run([...group, 'delete', id], { microversion: version });
      expect(await json([...group, 'list'], version)).toEqual([]);
    },
  );

  it('openstackclient locks a server with a reason and unlocks it, and shows both in the log of the server', async () => {
    await run(['server', 'lock', '--reason', 'an audit', SERVER]);
    expect(await newestEntry()).toMatchObject(entryOf('lock'));
    await run(['server', 'unlock', SERVER]);
    expect(await newestEntry()).toMatchObject(entryOf('unlock'));
  });

  it('openstackclient reports that a user cannot unlock a server that an administrator has locked', async () => {
    await run(['server', 'lock', SERVER], { persona: 'admin' });
    const { code, stderr } = await client.run(['server', 'unlock', SERVER], { persona: 'alice' });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        'os_compute_api:os-lock-server:unlock:unlock_override to be performed. (HTTP 403)',
      ),
    ]);
    await run(['server', 'unlock', SERVER], { persona: 'admin' });
  });

  it('the older client nova locks and unlocks a server', async () => {
    for (const [action, ...reason] of [['lock', '--reason', 'an audit'], ['unlock']] as const) {
      const options = { persona: 'alice', microversion: NEWEST, program: 'nova' } as const;
      expect((await client.run([action, ...reason, SERVER], options)).code).toBe(0);
      expect(await newestEntry()).toMatchObject(entryOf(action));
    }
  });
});

/** Returns the expected output of `openstack server event show` for an action that this service has recorded. */
function entryOf(action: string): object {
  const event = expect.objectContaining({ event: `api_${action}`, result: 'Success' }) as unknown;
  return { action, message: null, events: [event] };
}
