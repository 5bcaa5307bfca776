import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeKeystone } from '../test/support/keystone/fake.js';
import { startKeystone } from '../test/support/keystone/keystone.js';
import { keystoneSettings } from '../test/support/keystone/settings.js';
import type { MariaDbServer } from '../test/support/databases/mariadb.js';
import { startNovaApi } from '../test/support/nova/api.js';
import { createNovaDatabases } from '../test/support/nova/databases.js';
import type { Environment } from '../test/support/process/process.js';
import { fillStore } from '../test/support/databases/stores.js';
import type { RequestSet } from './load.js';
import { processTree, usageOf } from './process-tree.js';
import type { Subject } from './subject.js';
import {
  cellId,
  type CloudSize,
  fillMariaDb,
  fillSqlite,
  mapServers,
  PROJECT,
  requestId,
  serverUuid,
} from './rows.js';

/**
 * A database with servers and actions. `environment` contains the settings with which the service uses it;
 * `floorDatabase` is its URL for the hand-written server in floor.ts.
 */
export interface Cloud {
  readonly environment: Environment;
  readonly floorDatabase: string;
}

/** A real nova-api, an administrator's token for it, and the settings that make the service use its databases. */
export interface NovaCloud {
  readonly environment: Environment;
  readonly nova: Subject;
  readonly token: string;
}

/** The number of requests in a file of requests. The load generator chooses one at random each time. */
const REQUEST_COUNT = 20_000;

/** The simulated Keystone, the token and the temporary folder that all benchmarks use. */
export class BenchEnvironment {
  private readonly keystone = new FakeKeystone();
  private readonly token = randomUUID();

  private constructor(private readonly folder: string) {
    this.keystone.tokens.set(this.token, {
      scope: { project: { id: PROJECT, name: 'bench', domain: { id: 'default', name: 'Default' } } },
    });
  }

  static async create(): Promise<BenchEnvironment> {
    const grounds = new BenchEnvironment(await mkdtemp(join(tmpdir(), 'bench-')));
    await grounds.keystone.start();
    return grounds;
  }

  /** Creates Nova's databases: an API database and several cells. One cell contains all servers. */
  async novaCloud(server: MariaDbServer, sizes: readonly CloudSize[]): Promise<Cloud> {
    const databases = await createNovaDatabases(server);
    const cell = databases.adminUrl('cell1');
    for (const [mark, size] of sizes.entries()) await fillMariaDb(cell, size, mark);
    await mapServers(databases.adminUrl('nova_api'), cell, databases.cells.cell1.id);
    const environment = { ...this.identity(), NOVA_API_DATABASE_URL: databases.apiUrl };
    return { environment, floorDatabase: cell };
  }

  /** Creates Nova's databases, and starts nova-api with two processes, as in Debian's configuration. */
  async realNova(server: MariaDbServer, size: CloudSize): Promise<NovaCloud> {
    const keystone = await startKeystone();
    const nova = await startNovaApi({ server, keystone });
    await fillMariaDb(nova.databases.cell1, size);
    await mapServers(nova.databases.api, nova.databases.cell1, await cellId(nova.databases.api, 'cell1'));
    const stop = async (): Promise<void> => {
      await nova.stop();
      await keystone.stop();
    };
    return {
      environment: { ...keystoneSettings(keystone), NOVA_API_DATABASE_URL: nova.apiDatabaseUrl },
      nova: {
        name: 'Nova, 2 processes',
        url: nova.url,
        health: () => Promise.resolve({ ...usageOf(processTree(nova.pid)), stall: undefined }),
        stop,
      },
      token: await keystone.token('admin'),
    };
  }

  async ownCloud(server: MariaDbServer, sizes: readonly CloudSize[]): Promise<Cloud> {
    const url = await server.createDatabase('actions');
    await fillStore(url, {});
    for (const [mark, size] of sizes.entries()) await fillMariaDb(url, size, mark);
    return { environment: { ...this.identity(), DATABASE_URL: url }, floorDatabase: url };
  }

  async sqliteCloud(size: CloudSize): Promise<Cloud> {
    const path = join(this.folder, 'actions.sqlite');
    await fillStore(`sqlite://${path}`, {});
    fillSqlite(path, size);
    return {
      environment: { ...this.identity(), DATABASE_URL: `sqlite://${path}` },
      floorDatabase: `sqlite://${path}`,
    };
  }

  /** Returns requests that each show one action of a random server. */
  show(size: CloudSize, mark = 0): Promise<RequestSet> {
    return this.requests((server) => {
      const action = 1 + Math.floor(Math.random() * size.actions);
      return `${actionsOf(server, mark)}/${requestId(server, action, mark)}`;
    }, size.servers);
  }

  /** Returns requests that each list the newest actions of a random server. */
  list(size: CloudSize, limit: number, mark = 0): Promise<RequestSet> {
    return this.requests((server) => `${actionsOf(server, mark)}?limit=${limit}`, size.servers);
  }

  async remove(): Promise<void> {
    await this.keystone.stop();
    await rm(this.folder, { recursive: true });
  }

  private async requests(path: (server: number) => string, servers: number): Promise<RequestSet> {
    const pathsFile = join(this.folder, `${randomUUID()}.paths`);
    const paths = Array.from({ length: REQUEST_COUNT }, () => path(1 + Math.floor(Math.random() * servers)));
    await writeFile(pathsFile, paths.join('\n'));
    return { pathsFile, token: this.token };
  }

  private identity(): Environment {
    return {
      OS_AUTH_URL: this.keystone.url,
      OS_USERNAME: 'nova-action-log',
      OS_PASSWORD: this.keystone.password,
      OS_PROJECT_NAME: 'service',
      OS_USER_DOMAIN_ID: 'default',
      OS_PROJECT_DOMAIN_ID: 'default',
    };
  }
}

function actionsOf(server: number, mark: number): string {
  return `/v2.1/servers/${serverUuid(server, mark)}/os-instance-actions`;
}
