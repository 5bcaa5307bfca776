import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RecorderStatus } from '../../src/ledger/cells/recorder-status.js';
import { type Conversation, loadConversations } from '../conformance/conversations.js';
import { authentication } from '../conformance/requests.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { OpenStackClient } from '../support/comparison/openstack-client.js';
import {
  send,
  sendAll,
  NEWEST,
  type ActionRequest,
  requestsAbout,
  type Response,
} from '../support/recorder/action-requests.js';
import { RecordedNova } from '../support/recorder/recorded-nova.js';
import { until } from '../support/time/until.js';

const CONVERSATIONS = new Map(loadConversations().map((one) => [one.id, one]));

/** The actions of these servers are logged before the recorder starts. */
const PAST = conversations('open-talk-050');
/** The actions of these servers are logged while the recorder runs. */
const PRESENT = conversations('open-talk-052', 'open-talk-070', 'open-talk-056');
/** The actions of these servers are logged, archived and purged while the recorder is stopped. */
const MISSED = conversations('open-talk-058');
/** The actions of these servers, one in each cell, are logged while the recorder is stopped, and remain. */
const REMAINING = conversations('open-talk-054', 'open-talk-059');

const FROM_COPY = /^copy; as_of="20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"$/;

let cloud: RecordedNova;
const keep = closeAfterAll();

beforeAll(async () => {
  cloud = keep(await RecordedNova.start([...PAST, ...PRESENT, ...MISSED, ...REMAINING]));
  await cloud.converse(PAST);
  await cloud.startRecorder();
  await cloud.startService();
  await cloud.converse(PRESENT);
});

function conversations(...ids: string[]): Conversation[] {
  return ids.map((id) => {
    const found = CONVERSATIONS.get(id);
    if (!found) throw new Error(`there is no conversation ${id}`);
    return found;
  });
}

function serversOf(all: readonly Conversation[]): string[] {
  return all.flatMap(({ servers }) => servers.map(({ uuid }) => uuid));
}

/** Returns the responses with their requests, so that a failed comparison shows the request. */
function answered(requests: readonly ActionRequest[], responses: readonly Response[]): unknown[] {
  return responses.map(({ answer }, index) => [requests[index], answer]);
}

/** Returns the bodies of the entries of a kind, with the UUIDs of their servers. */
async function entriesOf(kind: string): Promise<Record<string, unknown>[]> {
  const entries = await cloud.query(`SELECT server_uuid, body FROM entries WHERE kind = '${kind}'`);
  return entries.map(({ server_uuid, body }) => ({
    server_uuid,
    ...(JSON.parse(String(body)) as Record<string, unknown>),
  }));
}

async function status(): Promise<RecorderStatus> {
  const headers = authentication('admin', cloud.tokens);
  const path = '/action-log/v1/recorder';
  const { body } = await cloud.send('service', { method: 'GET', path, headers, body: undefined });
  return JSON.parse(body) as RecorderStatus;
}

/** Waits until the copy of a cell has all changes that Nova has committed until now. */
async function copied(): Promise<void> {
  const now = new Date().toISOString();
  const isCopied = async (): Promise<boolean> =>
    (await status()).cells.every(({ read_at: readAt }) => String(readAt) > now.slice(0, 23));
  await until(isCopied, 'each cell has been read again');
}

describe('the service with a recorder beside a real Nova 26.2', () => {
  const servers = serversOf([...PAST, ...PRESENT]);
  let requests: readonly ActionRequest[];
  let before: readonly Response[];

  it("returns nova-api's responses about deleted servers, without the header Action-Log-Source", async () => {
    await cloud.deleteServers([...PAST, ...PRESENT]);
    requests = await requestsAbout(cloud, servers);
    const nova = await sendAll(cloud, 'nova', requests);
    before = await sendAll(cloud, 'service', requests);
    expect(answered(requests, before)).toEqual(answered(requests, nova));
    expect(new Set(before.map(({ source }) => source))).toEqual(new Set([undefined]));
    const statuses = new Set(nova.map(({ answer }) => answer.status));
    expect(statuses).toEqual(new Set([200, 401, 403, 404]));
  });

  it('returns the same responses from the copy after archive_deleted_rows', async () => {
    await copied();
    await cloud.manage('archive_deleted_rows --all-cells --until-complete', 1);
    await expectCopiedResponses();
    await until(
      async () => (await archivedServers()).length === servers.length,
      'the record has an entry of the kind archived for each server',
    );
    expect(await archivedServers()).toEqual([...servers].sort());
  });

  it('lets openstackclient list and show the events of an archived server', async () => {
    const [uuid = ''] = serversOf(PRESENT);
    const client = keep(await OpenStackClient.create(cloud.keystone));
    await cloud.nova.catalogue.setComputeEndpoint(await cloud.urlOf('service'));
    const options = { persona: 'alice', microversion: '2.92' };
    const list = await client.run(['server', 'event', 'list', uuid, '-f', 'json'], options);
    await cloud.nova.catalogue.setComputeEndpoint(cloud.nova.url);
    expect([list.code, list.stderr]).toEqual([0, '']);
    const rows = JSON.parse(list.stdout) as Record<string, unknown>[];
    expect(new Set(rows.map(({ Action }) => Action))).toEqual(new Set(['lock', 'unlock']));
  });

  it('returns the same responses from the copy after the purge', async () => {
    await cloud.manage('purge --all --all-cells');
    await expectCopiedResponses();
  });

  /** Compares the responses with those before the archive. */
  async function expectCopiedResponses(): Promise<void> {
    const [first] = requests.filter(({ persona, version }) => persona === 'admin' && version === NEWEST);
    if (first === undefined) throw new Error('there is no request of an administrator');
    expect((await send(cloud, 'nova', first)).answer.status).toBe(404);
    const after = await sendAll(cloud, 'service', requests);
    expect(answered(requests, after)).toEqual(answered(requests, before));
    for (const { answer, source } of after) {
      if (answer.status === 200) expect(source).toMatch(FROM_COPY);
      if (answer.status === 401) expect(source).toBeUndefined();
    }
    const foreign = after.filter((_one, index) => requests[index]?.persona === 'bob');
    expect(new Set(foreign.map(({ source }) => source))).toEqual(new Set([undefined]));
  }

  async function archivedServers(): Promise<string[]> {
    const entries = await entriesOf('archived');
    const uuids = new Set(entries.map(({ server_uuid: uuid }) => String(uuid)));
    return [...uuids].filter((uuid) => servers.includes(uuid)).sort();
  }
});

describe('the recorder beside a real Nova 26.2', () => {
  it('records that rows were purged, and which ids Nova assigned while no recorder was running', async () => {
    expect([await cloud.stopRecorder(), cloud.recording?.stderr]).toEqual([0, '']);
    await cloud.converse(MISSED);
    const missed = await missedIds();
    await cloud.deleteServers(MISSED);
    await cloud.manage('archive_deleted_rows --all-cells --until-complete --purge', 1);
    await cloud.converse(REMAINING);
    // The recorder compares all rows again only after hours, and records only a long interruption.
    await cloud.query(
      "UPDATE record_cells SET reconciled_at = '2026-01-01', read_at = read_at - INTERVAL 2 MINUTE",
    );
    await cloud.startRecorder();
    const first = missed[0] ?? 0;
    const last = missed.at(-1) ?? 0;
    const isCovered = async (): Promise<boolean> =>
      (await entriesOf('cell')).some(
        ({ state, from_id: from, to_id: to }) =>
          state === 'resumed' && Number(from) === first && Number(to) > last,
      );
    await until(isCovered, 'an entry "resumed" contains the ids of the missed actions');
    const purged = async (): Promise<Set<unknown>> =>
      new Set((await entriesOf('purged')).map(({ server_uuid: uuid }) => uuid));
    const expected = serversOf([...PAST, ...PRESENT]);
    await until(
      async () => (await purged()).size >= expected.length,
      'the record has purged entries for all servers',
    );
    expect(await purged()).toEqual(new Set(expected));
  });

  it('reports its lag, its positions and its progress for each cell', async () => {
    await copied();
    await until(
      async () => (await status()).cells.every(({ past }) => past.done === past.total),
      'the recorder has copied the past of all cells',
    );
    const { cells, ...record } = await status();
    const [newest] = await cloud.query('SELECT MAX(position) AS position, COUNT(*) AS total FROM entries');
    expect(Number(newest?.['position'])).toBe(Number(newest?.['total']));
    expect(record).toMatchObject({ position: Number(newest?.['position']) });
    expect(cells.map(({ name }) => name)).toEqual(['cell0', 'cell1', 'cell2']);
    const holder = new RegExp(`^\\S+ ${cloud.recording?.pid}$`);
    for (const cell of cells) {
      expect(cell.lag_seconds).toBeLessThan(60);
      expect(cell).toMatchObject({ state: 'open', epoch: 0, holder: expect.stringMatching(holder) });
    }
  });

  it('needs no other privileges on the databases of Nova than those of the documentation', async () => {
    const { username } = cloud.recorder;
    const grants = await cloud.query(`SHOW GRANTS FOR '${username}'@'%'`);
    const shown = grants.map((row) => String(Object.values(row)[0]).replaceAll('`', ''));
    const onNova = shown.filter((grant) => /ON nova_/.test(grant)).sort();
    expect(onNova).toEqual(cloud.recorderGrants.map((grant) => grant.replaceAll("'", '')).sort());
    expect(onNova.filter((grant) => !grant.startsWith('GRANT SELECT ON'))).toEqual([]);
    expect(cloud.recording?.output).not.toMatch(/"level":(40|50|60)/);
  });

  /** Returns the ids of the actions of the servers that the recorder misses. */
  async function missedIds(): Promise<number[]> {
    const uuids = serversOf(MISSED).map((uuid) => `'${uuid}'`);
    const sql = `SELECT id FROM instance_actions WHERE instance_uuid IN (${uuids.join(', ')}) ORDER BY id`;
    const { cell1, cell2 } = cloud.nova.databases;
    const found = [...(await cloud.query(sql, cell1)), ...(await cloud.query(sql, cell2))];
    return found.map(({ id }) => Number(id));
  }
});
