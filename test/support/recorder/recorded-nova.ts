import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { type Conversation, replayConversations } from '../../conformance/conversations.js';
import { type OutgoingRequest, RequestSender } from '../../conformance/request-sender.js';
import type { Tokens } from '../../conformance/requests.js';
import { type MariaDbServer, mariaDb } from '../databases/mariadb.js';
import { type Keystone, startKeystone } from '../keystone/keystone.js';
import { keystoneSettings, signIn } from '../keystone/settings.js';
import { type NovaApi, startNovaApi } from '../nova/api.js';
import { accountOf, createLogin, dropLogin, type Login, newLogin } from '../nova/logins.js';
import { novaManage } from '../nova/manage.js';
import { loadNovaRows } from '../nova/rows-load.js';
import type { ServiceProcess } from '../process/process.js';
import { WorkingFolder } from '../process/working-folder.js';
import { until } from '../time/until.js';
import { rowsOfServers } from './conversing-servers.js';
import { documentedGrants } from './documented-grants.js';

/**
 * A real nova-api, and the programs that an operator starts beside it: the recorder and the service, each with the
 * database account of the documentation.
 */
export class RecordedNova {
  readonly recorder = newLogin('recorder');
  readonly reader = newLogin('reader');
  recording: ServiceProcess | undefined;
  service: ServiceProcess | undefined;
  storeUrl = '';

  private constructor(
    readonly server: MariaDbServer,
    readonly keystone: Keystone,
    readonly nova: NovaApi,
    readonly tokens: Tokens,
    private readonly folder: WorkingFolder,
  ) {}

  /** Starts Nova with the servers of conversations. */
  static async start(conversations: readonly Conversation[]): Promise<RecordedNova> {
    const [server, keystone, folder] = await Promise.all([
      mariaDb(),
      startKeystone(),
      WorkingFolder.create(),
    ]);
    const nova = await startNovaApi({ server, keystone });
    const started = new RecordedNova(server, keystone, nova, await signIn(keystone), folder);
    await loadNovaRows(nova.databases, rowsOfServers(conversations));
    await started.createAccounts();
    return started;
  }

  /** The GRANT statements of the documentation for the account of the recorder. */
  get recorderGrants(): readonly string[] {
    return documentedGrants('keeping-the-log.md', this.names, accountOf(this.recorder));
  }

  async startRecorder(): Promise<void> {
    const program = { program: 'record.js' };
    this.recording = this.folder.launch(this.settings(this.recorder), program);
    await this.recording.operationsUrl();
  }

  /** Stops the recorder as an operator does. @returns its exit code */
  async stopRecorder(): Promise<unknown> {
    this.recording?.signal('SIGTERM');
    return this.recording?.exited();
  }

  async startService(): Promise<void> {
    const identity = {
      ...keystoneSettings(this.keystone),
      WWW_AUTHENTICATE_URI: this.keystone.rootUrl,
      TOKENS_FILE: '',
    };
    this.service = this.folder.launch({ ...this.settings(this.reader), ...identity });
    await this.service.url();
  }

  /** Sends the requests of conversations to nova-api. The conversations were recorded from a newer Nova. */
  async converse(conversations: readonly Conversation[]): Promise<void> {
    await replayConversations(conversations, { baseUrl: this.nova.url, tokens: this.tokens });
  }

  /** Deletes the servers of conversations through nova-api. */
  async deleteServers(conversations: readonly Conversation[]): Promise<void> {
    for (const { uuid } of conversations.flatMap((one) => one.servers)) {
      const headers = { 'X-Auth-Token': this.tokens['admin'] ?? '' };
      const path = `/v2.1/servers/${uuid}`;
      const { status, body } = await this.send('nova', { method: 'DELETE', path, headers, body: undefined });
      if (status !== 204) throw new Error(`nova-api did not delete a server: ${status} ${body}`);
    }
  }

  /** Runs `nova-manage db`. */
  async manage(words: string, exitCode = 0): Promise<string> {
    const { apiDatabaseUrl, databases } = this.nova;
    const database = databases.cell0.replace(/^mysql:/, 'mysql+pymysql:');
    return novaManage({ apiDatabase: apiDatabaseUrl, database }, ['db', ...words.split(' ')], exitCode);
  }

  /** Sends a request to nova-api or to the service. */
  async send(to: 'nova' | 'service', request: OutgoingRequest): Promise<ReceivedAnswer> {
    const sender = new RequestSender(await this.urlOf(to), 1);
    try {
      return await sender.send(request);
    } finally {
      sender.close();
    }
  }

  async urlOf(to: 'nova' | 'service'): Promise<string> {
    return to === 'nova' ? this.nova.url : ((await this.service?.url()) ?? '');
  }

  /** Queries the store, or another database, with the administrator's account of MariaDB. */
  async query(sql: string, url = this.storeUrl): Promise<Record<string, unknown>[]> {
    const connection = await createConnection({ uri: url, dateStrings: true });
    try {
      const [rows] = await connection.query<RowDataPacket[]>(sql);
      return rows;
    } finally {
      await connection.end();
    }
  }

  /** Waits until the record has a number of entries of a kind. */
  async recorded(kind: string, count: number): Promise<void> {
    const sql = `SELECT COUNT(*) AS total FROM entries WHERE kind = '${kind}'`;
    await until(
      async () => Number((await this.query(sql))[0]?.['total']) >= count,
      `the record has ${count} entries of the kind ${kind}`,
    );
  }

  async stop(): Promise<void> {
    await this.folder.remove();
    const connection = await createConnection(this.server.url(''));
    for (const login of [this.recorder, this.reader]) await dropLogin(connection, login);
    await connection.end();
    for (const process of [this.nova, this.keystone, this.server]) await process.stop();
  }

  /** Creates the store and the accounts, and lets the programs use their own accounts for the cells. */
  private async createAccounts(): Promise<void> {
    this.storeUrl = await this.server.createDatabase('action_log');
    const connection = await createConnection(this.nova.databases.api);
    try {
      const store = nameOf(this.storeUrl);
      const written = ['SELECT, INSERT, UPDATE, DELETE', 'CREATE, ALTER, DROP, INDEX, REFERENCES'];
      await createLogin(connection, this.recorder, [
        ...this.recorderGrants,
        `GRANT ${written.join(', ')} ON ${store}.* TO ${accountOf(this.recorder)}`,
      ]);
      await createLogin(connection, this.reader, [
        ...documentedGrants('deploy/beside-nova.md', this.names, accountOf(this.reader)),
        `GRANT SELECT ON ${store}.* TO ${accountOf(this.reader)}`,
      ]);
      for (const name of ['cell0', 'cell1', 'cell2'] as const) {
        const template = `{scheme}://{username}:{password}@{hostname}:{port}/${nameOf(this.nova.databases[name])}?charset=utf8`;
        const values = [template, name];
        await connection.query('UPDATE cell_mappings SET database_connection = ? WHERE name = ?', values);
      }
    } finally {
      await connection.end();
    }
  }

  private get names(): { api: string; cells: string[] } {
    const { api, cell0, cell1, cell2 } = this.nova.databases;
    return { api: nameOf(api), cells: [cell0, cell1, cell2].map(nameOf) };
  }

  private settings(login: Login): Record<string, string> {
    const { api, cell0 } = this.nova.databases;
    return {
      OPERATIONS_PORT: '0',
      NOVA_API_DATABASE_URL: withLogin(api, login, 'mysql+pymysql:'),
      NOVA_DATABASE_URL: withLogin(cell0, login, 'mysql+pymysql:'),
      DATABASE_URL: withLogin(this.storeUrl, login, 'mysql:'),
    };
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

function withLogin(url: string, { username, password }: Login, scheme: string): string {
  const address = new URL(url);
  return `${scheme}//${username}:${encodeURIComponent(password)}@${address.host}${address.pathname}`;
}
