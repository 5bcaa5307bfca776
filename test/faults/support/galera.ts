import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { debianPrograms } from '../../support/process/debian.js';
import { MariaDbProcess } from '../../support/databases/mariadb-process.js';
import { reservePort } from '../../support/http/port.js';
import { until } from '../../support/time/until.js';

const PROVIDER = '/usr/lib/galera/libgalera_smm.so';
const JOIN_TIMEOUT = 60_000;

/** The options of MariaDB that Galera requires, in addition to those of every MariaDB that a test starts. */
const SETTINGS = ['--binlog-format=ROW', '--innodb-autoinc-lock-mode=2', '--default-storage-engine=InnoDB'];

/** A cluster of MariaDB servers that Galera replicates, on the loopback interface. */
export class GaleraCluster {
  private constructor(
    readonly nodes: readonly MariaDbProcess[],
    private readonly options: readonly (readonly string[])[],
  ) {}

  static async create(size: number): Promise<GaleraCluster> {
    await requireGalera();
    const password = randomBytes(16).toString('hex');
    // If the tests run as root, MariaDB runs as the user `mysql`. If it ran as root, the program that copies the files
    // of a node would change to a user who cannot read them.
    const choices = { options: SETTINGS, password, ...(process.getuid?.() === 0 && { user: 'mysql' }) };
    const nodes = await Promise.all(Array.from({ length: size }, () => MariaDbProcess.create(choices)));
    const ports = await Promise.all(nodes.map(() => freePorts(3)));
    const cluster = new GaleraCluster(
      nodes,
      ports.map((own) => optionsFor(own, ports)),
    );
    for (const [index, node] of nodes.entries()) {
      await node.kill();
      await cluster.start(index, ...(index === 0 ? ['--wsrep-new-cluster'] : []));
    }
    return cluster;
  }

  /** Starts a node and waits until it is synchronised with the cluster. */
  async start(index: number, ...more: readonly string[]): Promise<void> {
    const node = this.node(index);
    await node.start(...(this.options[index] ?? []), ...more);
    await until(async () => (await this.state(index)) === 'Synced', `node ${index} has joined`, JOIN_TIMEOUT);
  }

  /**
   * Isolates a node from the other nodes, or ends the isolation. An isolated node accepts connections, but rejects all
   * queries of tables.
   */
  async isolate(index: number, isIsolated: boolean): Promise<void> {
    const connection = await createConnection(this.node(index).url);
    await connection.query(`SET GLOBAL wsrep_provider_options = 'gmcast.isolate=${Number(isIsolated)}'`);
    await connection.end();
    const witness = index === 2 ? 1 : 2;
    const size = isIsolated ? this.nodes.length - 1 : this.nodes.length;
    await until(
      async () => (await this.size(witness)) === size,
      `the cluster has ${size} nodes`,
      JOIN_TIMEOUT,
    );
    if (isIsolated)
      await until(
        async () => (await this.status(index, 'wsrep_ready')) === 'OFF',
        `node ${index} detects that it is isolated`,
      );
    else await until(async () => (await this.state(index)) === 'Synced', `node ${index} has joined`);
  }

  node(index: number): MariaDbProcess {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`node ${index} does not exist`);
    return node;
  }

  /** Returns the URL of a database, with the hosts of all nodes. */
  url(database: string): string {
    const { username, password } = new URL(this.node(0).url);
    const hosts = this.nodes.map(({ url }) => new URL(url).host).join();
    return `mysql://${username}:${password}@${hosts}/${database}`;
  }

  /** Returns the number of nodes that the given node counts in the cluster. */
  async size(index: number): Promise<number> {
    return Number(await this.status(index, 'wsrep_cluster_size'));
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
  }

  private state(index: number): Promise<string | undefined> {
    return this.status(index, 'wsrep_local_state_comment');
  }

  /**
   * Returns a status variable of a node.
   *
   * @returns undefined if the query fails, because a node that joins the cluster rejects new connections and closes
   *   existing ones
   */
  private status(index: number, name: string): Promise<string | undefined> {
    return this.queryStatus(index, name).catch(() => undefined);
  }

  private async queryStatus(index: number, name: string): Promise<string | undefined> {
    const connection = await createConnection({ uri: this.node(index).url, connectTimeout: 2_000 });
    try {
      const [rows] = await connection.query<RowDataPacket[]>('SHOW STATUS LIKE ?', [name]);
      return rows[0]?.['Value'] as string | undefined;
    } finally {
      connection.destroy();
    }
  }
}

async function requireGalera(): Promise<void> {
  await debianPrograms('Galera');
  if (!existsSync(PROVIDER)) throw new Error(`${PROVIDER} is missing on this machine: install galera-4`);
}

/**
 * Three ports of a node: for messages of the cluster, for missing transactions, and for a complete copy of the data.
 */
type Ports = readonly [group: number, catchingUp: number, copying: number];

function optionsFor([group, catchingUp, copying]: Ports, all: readonly Ports[]): string[] {
  const options = [
    `gmcast.listen_addr=tcp://127.0.0.1:${group}`,
    `base_port=${group}`,
    `ist.recv_addr=127.0.0.1:${catchingUp}`,
    'gcache.size=16M',
  ];
  return [
    '--wsrep-on=ON',
    `--wsrep-provider=${PROVIDER}`,
    '--wsrep-cluster-name=faults',
    `--wsrep-cluster-address=gcomm://${all.map(([port]) => `127.0.0.1:${port}`).join()}`,
    `--wsrep-node-address=127.0.0.1:${group}`,
    '--wsrep-sst-method=rsync',
    `--wsrep-sst-receive-address=127.0.0.1:${copying}`,
    `--wsrep-provider-options=${options.join(';')}`,
  ];
}

async function freePorts(count: 3): Promise<Ports> {
  const reserved = await Promise.all(Array.from({ length: count }, reservePort));
  await Promise.all(reserved.map((port) => port.release()));
  const [group = 0, catchingUp = 0, copying = 0] = reserved.map(({ port }) => port);
  return [group, catchingUp, copying];
}
