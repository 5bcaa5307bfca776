import { keystoneSettings } from '../keystone/settings.js';
import { fillStore, storeKinds } from '../databases/stores.js';
import type { NovaRow, RandomRows, RandomServer } from '../nova/rows.js';
import type { Random } from '../random.js';
import type { NovaRequest } from '../requests/nova.js';
import { RandomWrites, type WritableServer } from '../requests/writes.js';
import { startService } from '../service/service.js';
import type { BesideNova } from './beside-nova.js';
import { differencesOf, toRecordedAnswer } from './comparable-answers.js';
import { ConversingPeer } from './conversing-peer.js';
import { novaStore, ownPeerStore, type StoredLock } from './peer-stores.js';
import { applyDifferences } from './release-differences.js';
import { MEMBER_DIFFERENCES, WRITE_DIFFERENCES } from './write-differences.js';

/** The setting `host` of the nova-api that tests start. */
const HOST_NAME = 'nova-api';

interface ConversationServer extends RandomServer {
  readonly isSoftDeleted: boolean;
}

/** The result of a conversation. */
export interface ConversationReport {
  /** A description of each response that differs from Nova's. */
  readonly different: string[];
  /** Method and status of Nova's responses → the number of these responses. */
  readonly answers: Map<string, number>;
  /** Name of a known difference → the number of responses with this difference. */
  readonly known: Map<string, number>;
}

/**
 * Conversations with a real nova-api: requests that change something, and requests that read the results. Services with
 * own stores, which contain the same servers, get the same requests. A service beside this Nova gets only the GET requests.
 */
export class WriteConversation {
  private step = 0;

  private constructor(
    private readonly nova: ConversingPeer,
    private readonly beside: ConversingPeer,
    private readonly own: readonly ConversingPeer[],
    private readonly servers: readonly ConversationServer[],
    private readonly services: readonly { stop(): Promise<void> }[],
  ) {}

  /** Starts services with own stores. @param rows the rows in Nova's databases */
  static async start(
    { nova, keystone, serviceUrl, tokens }: BesideNova,
    rows: RandomRows,
  ): Promise<WriteConversation> {
    const servers = conversationServers(rows);
    const peer = new ConversingPeer('nova-api', { url: nova.url, tokens }, await novaStore(nova.databases));
    const beside = new ConversingPeer('beside Nova', { url: serviceUrl, tokens }, peer.store, peer.names);
    const own: ConversingPeer[] = [];
    const started: { stop(): Promise<void> }[] = [];
    for (const [kind, create] of storeKinds) {
      const store = await create();
      await fillStore(store.url, rowsOf(servers, rows));
      const service = await startService({
        DATABASE_URL: store.url,
        HOST_NAME,
        ...keystoneSettings(keystone),
        WWW_AUTHENTICATE_URI: keystone.rootUrl,
      });
      own.push(new ConversingPeer(kind, { url: service.url, tokens }, await ownPeerStore(store.url)));
      started.push(service, { stop: () => store.remove() });
    }
    return new WriteConversation(peer, beside, own, servers, started);
  }

  /** Sends random requests, and compares the responses with Nova's. */
  async run(random: Random, steps: number): Promise<ConversationReport> {
    const report: ConversationReport = { different: [], answers: new Map(), known: new Map() };
    const writes = new RandomWrites(random, this.servers);
    for (let index = 0; index < steps; index += 1) {
      const { step } = this;
      const request = writes.next();
      const status = await this.compare(request, report);
      count(report.answers, `${request.method} ${status}`);
      writes.learn(step, request, status);
    }
    await this.compareMembers(random, writes.groupIds, report);
    return report;
  }

  /** Returns the locks in each peer's databases, by the title of the peer. */
  async locks(): Promise<ReadonlyMap<string, readonly StoredLock[]>> {
    const uuids = new Set(this.servers.map(({ uuid }) => uuid));
    const locks = new Map<string, readonly StoredLock[]>();
    for (const { title, store } of [this.nova, ...this.own]) {
      const all = (await store.locks()).filter(({ uuid }) => uuids.has(uuid));
      const stored = all.map((lock) => ({ ...lock, locked: Boolean(lock.locked) }));
      locks.set(
        title,
        stored.sort((one, other) => (one.uuid < other.uuid ? -1 : 1)),
      );
    }
    return locks;
  }

  async stop(): Promise<void> {
    for (const peer of [this.nova, ...this.own]) await peer.close();
    for (const service of this.services) await service.stop();
  }

  /**
   * Adds servers to groups, compares the groups, and removes the servers.
   *
   * @param groups the names of the ids of groups, some of which are deleted
   */
  private async compareMembers(
    random: Random,
    groups: readonly string[],
    report: ConversationReport,
  ): Promise<void> {
    for (const group of groups) {
      const { uuid, isSoftDeleted } = random.pick(this.servers);
      // Nova hides soft-deleted members. An own store has no soft-deleted servers.
      const peers = isSoftDeleted ? [this.nova] : [this.nova, ...this.own];
      for (const { store, names } of peers) await store.addMember(names.fill(group), uuid);
    }
    const newest = groups.slice(-5).map((group) => `/${group}`);
    for (const persona of ['alice', 'bob', 'admin', 'adam', 'tenant']) {
      for (const path of ['', '?all_projects=1', ...newest]) {
        const headers = { 'OpenStack-API-Version': `compute 2.${random.pick([1, 13, 64, 75])}` };
        const request = {
          persona,
          method: 'GET',
          path: `/v2.1/os-server-groups${path}`,
          headers,
          body: undefined,
        };
        await this.compare(request, report, MEMBER_DIFFERENCES);
      }
    }
    for (const { store } of [this.nova, ...this.own]) await store.removeMembers();
  }

  /** @returns the status of Nova's response */
  private async compare(
    request: NovaRequest,
    report: ConversationReport,
    differences = WRITE_DIFFERENCES,
  ): Promise<number> {
    const { step, own, beside, nova } = this;
    this.step += 1;
    const server = this.servers.find(({ uuid }) => request.path.toLowerCase().includes(uuid));
    const send = (): never => {
      throw new Error('a request of a conversation cannot be repeated');
    };
    const services = request.method === 'GET' ? [...own, beside] : own;
    const [first, ...others] = await Promise.all([nova, ...services].map((peer) => peer.send(step, request)));
    if (first === undefined) throw new Error('Nova sent no response');
    const answer = toRecordedAnswer(first);
    for (const [index, received] of others.entries()) {
      const exchange = { request, server, expected: answer, received, send };
      const { expected, applied } = await applyDifferences(exchange, differences);
      for (const name of applied) count(report.known, name);
      const found = differencesOf(expected, received);
      if (found.length === 0) continue;
      const { persona, method, path, headers, body } = request;
      report.different.push(
        [
          `${services[index]?.title ?? ''}, step ${step}: ${method} ${path} ${JSON.stringify(headers)} as ${persona ?? 'a caller without a token'}`,
          `  body: ${body === undefined ? 'none' : Buffer.from(body).toString('latin1').slice(0, 300)}`,
          ...found.map((sentence) => `  ${sentence}`),
          `  Nova: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`,
          `  service: ${received.status} ${received.body.slice(0, 300)}`,
        ].join('\n'),
      );
    }
    return answer.status;
  }
}

/** Returns servers without actions in both cells, and the deleted servers of one cell with their actions. */
function conversationServers({ servers, databases: { cell1, cell2 } }: RandomRows): ConversationServer[] {
  const [inCell1, inCells] = [
    cell1['instances'] ?? [],
    [cell1, cell2].flatMap(({ instances = [] }) => instances),
  ];
  const uuids = new Set(inCell1.map(({ uuid }) => uuid));
  const softDeleted = new Set(
    inCells.filter((row) => row['vm_state'] === 'soft-delete').map(({ uuid }) => uuid),
  );
  return servers
    .filter(({ kind, uuid }) => kind === 'idle' || (kind === 'deleted' && uuids.has(uuid)))
    .map((server) => ({ ...server, isSoftDeleted: softDeleted.has(server.uuid) }));
}

/** Returns the rows of servers in the format of `fillStore`. An own store numbers the servers itself. */
function rowsOf(
  servers: readonly WritableServer[],
  { databases: { cell1, cell2 } }: RandomRows,
): Record<string, readonly NovaRow[]> {
  const uuids = new Set(servers.map(({ uuid }) => uuid));
  const ofServers = (rows: readonly NovaRow[] = [], column: string): NovaRow[] =>
    rows.filter((row) => uuids.has(String(row[column])));
  const instances = [cell1, cell2].flatMap((cell) => ofServers(cell['instances'], 'uuid'));
  const actions = ofServers(cell1['instance_actions'], 'instance_uuid');
  const actionIds = new Set(actions.map(({ id }) => id));
  return {
    instances: instances.map((row) => ({ ...row, id: null })),
    instance_actions: actions,
    instance_actions_events: (cell1['instance_actions_events'] ?? []).filter(({ action_id: id = null }) =>
      actionIds.has(id),
    ),
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
