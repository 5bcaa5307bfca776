import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { loadFixture } from '../conformance/cases.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

const { labels } = loadFixture();
const [busy = ''] = labels['busy'] ?? [];
const [purged = ''] = labels['purged'] ?? [];
const [deleted = ''] = labels['deleted'] ?? [];

let server: MariaDbServer;
let databases: NovaDatabases;
let service: RunningService;

beforeAll(async () => {
  server = await mariaDb();
  databases = await createNovaDatabases(server);
  await databases.fill(loadFixture());
  service = await startService({ NOVA_API_DATABASE_URL: databases.apiUrl });
});

afterAll(async () => {
  await service.stop();
  await databases.remove();
  await server.stop();
});

async function messageOf(path: string, persona = 'alice', version = '2.93'): Promise<string> {
  const answer = await fetch(`${service.url}/v2.1/servers/${path}`, {
    headers: { 'X-Auth-Token': personaTokens[persona] ?? '', 'OpenStack-API-Version': `compute ${version}` },
  });
  const [fault] = Object.values((await answer.json()) as Record<string, { message?: string }>);
  return `${answer.status} ${fault?.message ?? ''}`;
}

/**
 * Nova 26 returns the responses that these tests expect, except for servers of other projects.
 * test/conformance/peers.services.ts compares the responses of Nova and of the service.
 */
describe("a server in Nova's databases", () => {
  const list = (uuid: string): string => `${uuid.toUpperCase()}/os-instance-actions`;

  it("if the caller may see a deleted server, the 404 contains the server's UUID as the API database spells it", async () => {
    for (const persona of ['alice', 'admin']) {
      expect(await messageOf(list(purged), persona)).toBe(`404 Instance ${purged} could not be found.`);
      expect(await messageOf(list(deleted), persona, '2.20')).toBe(
        `404 Instance ${deleted} could not be found.`,
      );
    }
  });

  it('the 404 for a server of another project contains the UUID as the URL spells it, as for an unknown server', async () => {
    const unknown = 'b0b0b0b0-0000-4000-8000-00000000000f';
    for (const uuid of [busy, purged, deleted, unknown]) {
      for (const version of ['2.20', '2.93']) {
        expect(await messageOf(list(uuid), 'bob', version)).toBe(
          `404 Instance ${uuid.toUpperCase()} could not be found.`,
        );
      }
    }
  });

  it('a request for a server that was deleted before it had a cell returns 404', async () => {
    const uuid = 'b0b0b0b0-0000-4000-8000-00000000000d';
    const api = await createConnection(databases.adminUrl('nova_api'));
    try {
      await api.query(
        'INSERT INTO instance_mappings (instance_uuid, project_id, queued_for_delete) VALUES (?, ?, 1)',
        [uuid, '4f5e8c1d2a7b49c0a1e2d3c4b5a69788'],
      );
    } finally {
      await api.end();
    }
    expect(await messageOf(`${uuid}/os-instance-actions`)).toBe(`404 Instance ${uuid} could not be found.`);
  });

  it('a request for actions whose marker no column can store returns 400, as for an unknown marker', async () => {
    expect(await messageOf(`${busy}/os-instance-actions?marker=req-%F0%9F%98%80`)).toBe(
      '400 Marker None could not be found.',
    );
  });
});
