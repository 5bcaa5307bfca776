import { beforeAll, describe, expect, it } from '@jest/globals';
import { personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { fillStore, storeKinds } from '../support/databases/stores.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { send } from '../support/service/write-client.js';

const SERVER = 'bb8e5db9-7a3a-4c0e-8a0c-0f2d5d1f3a01';
const DELETED = 'bb8e5db9-7a3a-4c0e-8a0c-0f2d5d1f3a02';
const { user_id, project_id } = personas['alice'] ?? { user_id: '', project_id: '' };

describe.each(storeKinds)('a server of the own store, on %s', (_kind, createStore) => {
  const keep = closeAfterAll();
  let service: RunningService;

  beforeAll(async () => {
    const store = keep(await createStore());
    const row = { user_id, project_id, display_name: 'web', created_at: '2026-03-02 09:00:00' };
    await fillStore(store.url, {
      instances: [
        { ...row, uuid: SERVER, deleted: 0 },
        { ...row, uuid: DELETED, deleted: 2 },
      ],
    });
    service = keep(await startService({ DATABASE_URL: store.url }));
  });

  async function show(version: string): Promise<unknown> {
    const response = await fetch(`${service.url}/v2.1/servers/${SERVER}`, {
      headers: {
        'X-Auth-Token': personaTokens['alice'] ?? '',
        'OpenStack-API-Version': `compute ${version}`,
      },
    });
    return response.json();
  }

  it('a server has only the fields of the own store, and no field that a later microversion added', async () => {
    const first = {
      ...{ id: SERVER, name: 'web', status: 'UNKNOWN', tenant_id: project_id, user_id },
      created: '2026-03-02T09:00:00Z',
      links: [
        { rel: 'self', href: `${service.url}/v2.1/servers/${SERVER}` },
        { rel: 'bookmark', href: `${service.url}/servers/${SERVER}` },
      ],
    };
    expect(await show('2.8')).toEqual({ server: first });
    expect(await show('2.9')).toEqual({ server: { ...first, locked: false } });
    expect(await show('2.73')).toEqual({ server: { ...first, locked: false, locked_reason: null } });
  });

  it('a server shows its lock and the reason of the lock', async () => {
    const lock = { lock: { locked_reason: 'an audit' } };
    expect((await send(service, 'alice', 'POST', `servers/${SERVER}/action`, lock)).status).toBe(202);
    expect(await show('2.103')).toMatchObject({ server: { locked: true, locked_reason: 'an audit' } });
    await send(service, 'alice', 'POST', `servers/${SERVER}/action`, { unlock: null });
    expect(await show('2.103')).toMatchObject({ server: { locked: false, locked_reason: null } });
  });

  it('a server of another project, a deleted server and an id that is not a UUID are not found', async () => {
    for (const [persona, id] of [
      ['bob', SERVER],
      ['alice', DELETED],
      ['alice', 'os-instance-actions'],
    ] as const)
      expect(await send(service, persona, 'GET', `servers/${id}`)).toMatchObject({
        status: 404,
        body: { itemNotFound: { code: 404, message: `Instance ${id} could not be found.` } },
      });
    expect((await send(service, 'admin', 'GET', `servers/${SERVER}`)).status).toBe(200);
    expect((await send(service, 'nora', 'GET', `servers/${SERVER}`)).status).toBe(403);
  });
});
