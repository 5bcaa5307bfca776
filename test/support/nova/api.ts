import type { Keystone } from '../keystone/keystone.js';
import { setComputeEndpoint } from '../keystone/catalogue.js';
import type { MariaDbServer } from '../databases/mariadb.js';
import { type NovaApiDatabases, type PolicyRules, sqlAlchemyUrl } from './api-config.js';
import { NovaApiProcess } from './api-process.js';
import { startEmptyNeutron } from './empty-neutron.js';
import type { UwsgiControls } from '../process/uwsgi-process.js';

export interface NovaApiOptions {
  /** The MariaDB server in which the API database and the databases of cell0, cell1 and cell2 are created. */
  readonly server: MariaDbServer;
  /** The Keystone that nova-api uses. The URL of nova-api is stored in its catalogue. */
  readonly keystone: Keystone;
  /** Policy rules that replace Nova's default rules of the same names. */
  readonly policy?: PolicyRules;
  /** Additional settings in the section DEFAULT of nova.conf. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** A real nova-api that only one test uses. It is Nova 26.2, whose newest microversion is 2.93. */
export interface NovaApi extends UwsgiControls {
  /** The URL of nova-api: `http://127.0.0.1:port`. */
  readonly url: string;
  /** The id of uWSGI's master process. */
  readonly pid: number;
  readonly databases: NovaApiDatabases;
  /** The URL of the API database in the format of nova.conf: `mysql+pymysql://…`. */
  readonly apiDatabaseUrl: string;
  readonly catalogue: {
    /**
     * Sets the URL of the compute service (Nova) in Keystone's catalogue. At first this is the URL of this nova-api.
     */
    setComputeEndpoint(url: string): Promise<void>;
  };
}

/** Starts Debian's nova-api with empty databases. @throws as `debianPrograms` */
export async function startNovaApi({
  server,
  keystone,
  policy = {},
  defaults = {},
}: NovaApiOptions): Promise<NovaApi> {
  const databases = {
    api: await server.createDatabase('nova_api'),
    cell0: await server.createDatabase('nova_cell0'),
    cell1: await server.createDatabase('nova_cell1'),
    cell2: await server.createDatabase('nova_cell2'),
  };
  const neutron = await startEmptyNeutron();
  let process: NovaApiProcess | undefined;
  const stop = async (): Promise<void> => {
    await process?.stop();
    await neutron.stop();
    for (const url of Object.values(databases)) await server.dropDatabase(url);
  };
  try {
    process = await NovaApiProcess.create({ databases, keystone, policy, defaults, neutronUrl: neutron.url });
    await setComputeEndpoint(keystone, process.rootUrl);
    return running(process, databases, keystone, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function running(
  process: NovaApiProcess,
  databases: NovaApiDatabases,
  keystone: Keystone,
  stop: () => Promise<void>,
): NovaApi {
  return {
    url: process.rootUrl,
    pid: process.pid,
    databases,
    apiDatabaseUrl: sqlAlchemyUrl(databases.api),
    catalogue: { setComputeEndpoint: (url) => setComputeEndpoint(keystone, url) },
    stop,
    kill: () => process.kill(),
    start: () => process.start(),
    pause: () => {
      process.signal('SIGSTOP');
    },
    resume: () => {
      process.signal('SIGCONT');
    },
    log: () => process.log(),
  };
}
