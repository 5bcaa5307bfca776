import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { personas } from './cases.js';
import { type Keystone, startKeystone } from '../support/keystone/keystone.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { type NovaApi, startNovaApi } from '../support/nova/api.js';
import { type RandomRows, randomRows, type RandomServer, type ServerKind } from '../support/nova/rows.js';
import { loadNovaRows } from '../support/nova/rows-load.js';
import { OpenStackClient } from '../support/comparison/openstack-client.js';
import { seededRandom } from '../support/random.js';
import { closeAfterAll } from '../support/close-after-all.js';

/**
 * For each kind of server, the status with which Nova responds to an administrator who lists the actions of such a
 * server.
 */
const EXPECTED: Readonly<Record<ServerKind, number>> = {
  usual: 200,
  busy: 200,
  repeating: 200,
  idle: 200,
  unscheduled: 200,
  deleted: 200,
  undecided: 200,
  purged: 404,
  unmapped: 404,
  building: 200,
  lost: 404,
  moved: 200,
  strayed: 200,
  unowned: 200,
};

const P1 = personas['alice']?.project_id ?? '';

let server: MariaDbServer;
let keystone: Keystone;
let nova: NovaApi;
let rows: RandomRows;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  keystone = keep(await startKeystone());
  nova = keep(await startNovaApi({ server, keystone }));
  rows = randomRows(seededRandom('rows'));
  await loadNovaRows(nova.databases, rows);
});

function serverOf(kind: ServerKind, projectId?: string): RandomServer {
  const found = rows.servers.find((one) => one.kind === kind && (!projectId || one.projectId === projectId));
  if (!found) throw new Error(`no server is ${kind}`);
  return found;
}

async function request(
  path: string,
  persona: string | null = 'admin',
  microversion = '2.93',
): Promise<{ status: number; body: unknown }> {
  const token = persona === null ? undefined : await keystone.token(persona);
  const answer = await fetch(`${nova.url}${path}`, {
    headers: {
      'OpenStack-API-Version': `compute ${microversion}`,
      ...(token !== undefined && { 'X-Auth-Token': token }),
    },
  });
  return { status: answer.status, body: await answer.json() };
}

/** The usual format of a request id. Some actions have no request id, or one in another format. */
const REQUEST_ID = /^req-[0-9a-f-]{36}$/;

const actionsOf = ({ uuid }: RandomServer): string => `/v2.1/servers/${uuid}/os-instance-actions`;

describe("Debian's nova-api", () => {
  it("Debian's nova-api is Nova 26", async () => {
    const { body } = await request('/', null);
    expect(body).toMatchObject({ versions: [{ id: 'v2.0' }, { id: 'v2.1', version: '2.93' }] });
  });

  it("Debian's nova-api returns the actions of servers in each cell", async () => {
    const statuses: Record<string, number> = {};
    for (const kind of Object.keys(EXPECTED) as ServerKind[]) {
      statuses[kind] = (await request(actionsOf(serverOf(kind)))).status;
    }
    expect(statuses).toEqual(EXPECTED);
    const { body: idle } = await request(actionsOf(serverOf('idle')));
    expect(idle).toEqual({ instanceActions: [] });
    const { body: busy } = await request(actionsOf(serverOf('busy')));
    const { instanceActions, links } = busy as { instanceActions: unknown[]; links: unknown[] };
    expect([instanceActions.length, links.length]).toEqual([1_000, 1]);
  });

  it("Debian's nova-api shows an action with its events", async () => {
    const usual = new Set(rows.servers.filter(({ kind }) => kind === 'usual').map(({ uuid }) => uuid));
    const tables = [rows.databases.cell1, rows.databases.cell2];
    const actions = tables.flatMap(({ instance_actions = [] }) => instance_actions);
    const action = actions.find(
      (row) =>
        usual.has(String(row['instance_uuid'])) &&
        row['deleted'] === 0 &&
        REQUEST_ID.test(String(row['request_id'])),
    );
    const uuid = String(action?.['instance_uuid']);
    const { status, body } = await request(
      `/v2.1/servers/${uuid}/os-instance-actions/${String(action?.['request_id'])}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ instanceAction: { instance_uuid: uuid, events: expect.any(Array) } });
  });

  it("Debian's nova-api authenticates callers with Keystone, and hides from them the servers of other projects", async () => {
    const path = actionsOf(serverOf('usual', P1));
    const responses = [null, 'alice', 'bob', 'nora', 'admin'].map((persona) => request(path, persona));
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(statuses).toEqual([401, 200, 404, 403, 200]);
  });

  it("Debian's nova-api returns a server to a member of the server's project", async () => {
    const { status, body } = await request(`/v2.1/servers/${serverOf('usual', P1).uuid}`, 'alice');
    expect([status, body]).toEqual([200, expect.objectContaining({ server: expect.anything() })]);
  });

  it("Debian's nova-api does not respond while it is paused, and responds again after a restart", async () => {
    const path = actionsOf(serverOf('idle'));
    await nova.kill();
    await expect(request(path)).rejects.toThrow();
    await nova.start();
    expect((await request(path)).status).toBe(200);
    nova.pause();
    let answered = false;
    const waiting = request(path).finally(() => (answered = true));
    await sleep(500);
    expect(answered).toBe(false);
    nova.resume();
    expect((await waiting).status).toBe(200);
    expect(nova.log()).toContain(`GET ${path} 200`);
  });

  it("Debian's nova-api applies the policy rules that the test gives it", async () => {
    const other = await startNovaApi({
      server,
      keystone,
      policy: { 'os_compute_api:os-instance-actions:list': '!' },
    });
    try {
      await loadNovaRows(other.databases, rows);
      const answer = await fetch(`${other.url}${actionsOf(serverOf('idle'))}`, {
        headers: { 'X-Auth-Token': await keystone.token('admin') },
      });
      expect(answer.status).toBe(403);
    } finally {
      await other.stop();
      await nova.catalogue.setComputeEndpoint(nova.url);
    }
  });
});

describe("Debian's openstackclient", () => {
  it("Debian's openstackclient lists and shows the events of a server", async () => {
    const client = keep(await OpenStackClient.create(keystone));
    const { uuid } = serverOf('usual', P1);
    const options = { persona: 'alice', microversion: '2.92' };
    const list = await client.run(['server', 'event', 'list', uuid, '-f', 'json'], options);
    expect([list.code, list.stderr]).toEqual([0, '']);
    const events = JSON.parse(list.stdout) as { 'Request ID': string | null; 'Server ID': string }[];
    expect(events.map((event) => event['Server ID'])).toContain(uuid);
    // Some old actions have no request id, and the client cannot show an action without one.
    const requestIds = events.map((event) => event['Request ID'] ?? '');
    const words = [
      'server',
      'event',
      'show',
      uuid,
      requestIds.find((id) => REQUEST_ID.test(id)) ?? '',
      '-c',
      'instance_uuid',
      '-f',
      'value',
    ];
    const token = await keystone.token('alice');
    expect(await client.run(words, { ...options, token })).toEqual({
      code: 0,
      stdout: `${uuid}\n`,
      stderr: '',
    });
    const foreign = await client.run(['server', 'event', 'list', uuid], { ...options, persona: 'bob' });
    expect([foreign.code, foreign.stdout]).toEqual([1, '']);
    expect(foreign.stderr).toContain(`Instance ${uuid} could not be found. (HTTP 404)`);
  });
});
