import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type PrivateMariaDb, privateMariaDb } from '../test/support/databases/mariadb.js';
import { type Cloud, BenchEnvironment } from './clouds.js';
import { asTable, compare, type DatabaseMeter, type Line } from './compare.js';
import { LoadGenerator, type RequestSet } from './load.js';
import { ProbedProcess, type Subject } from './subject.js';
import { usageOf } from './process-tree.js';
import { measureFollowing } from './follow.js';
import { compareCopying } from './record.js';
import { measureRecording } from './recording.js';
import type { CloudSize } from './rows.js';
import { measureSearch } from './search.js';

const USAGE = `npm run bench -- [options]
  --only NAMES        some of show,list,own,sqlite,history,growth,record,follow,recording,search,nova,long; default: all
                      except record, follow, recording, search and nova
  --actions N         the number of actions; default: 450000
  --rounds N          the number of rounds; default: 5
  --seconds N         the duration for each server in each round; default: 6
  --connections N     the number of connections; default: 32
  --long N            the number of requests of the long run; default: 1000000
  --lines N           the number of lines of the import in recording; default: 200000
  --profile FOLDER    write a CPU profile of each service to this folder
  --beside FOLDER     compare with the build in dist/ of another checkout, instead of the hand-written server
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'show,list,own,sqlite,history,growth,long' },
    actions: { type: 'string', default: '450000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    connections: { type: 'string', default: '32' },
    long: { type: 'string', default: '1000000' },
    lines: { type: 'string', default: '200000' },
    profile: { type: 'string', default: '' },
    beside: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const ACTIONS_EACH = 100;
const LIMIT = 20;
/** The time until the second process of the service also responds, in milliseconds. */
const SECOND_PROCESS_START_TIME = 5_000;
const effort = {
  rounds: Number(flags.rounds),
  seconds: Number(flags.seconds),
  connections: Number(flags.connections),
};

function sizeOf(actions: number): CloudSize {
  return { servers: Math.max(1, Math.round(actions / ACTIONS_EACH)), actions: ACTIONS_EACH };
}

class Bench {
  private readonly size = sizeOf(Number(flags.actions));
  private readonly clouds = new Map<string, Promise<Cloud>>();
  readonly lines: Line[] = [];

  constructor(
    private readonly grounds: BenchEnvironment,
    private readonly load: LoadGenerator,
    private readonly server: PrivateMariaDb,
    private readonly meter: DatabaseMeter,
    private readonly databasePid: number,
  ) {}

  /** Compares the service with the hand-written server. The requests each show one action in Nova's tables. */
  async show(): Promise<void> {
    await this.beside(
      'show, Nova’s schema',
      await this.novaCloud(this.size),
      await this.grounds.show(this.size),
    );
  }

  async list(): Promise<void> {
    const requests = await this.grounds.list(this.size, LIMIT);
    await this.beside('list limit=20, Nova’s schema', await this.novaCloud(this.size), requests);
  }

  async own(): Promise<void> {
    const cloud = await this.filled('own', () => this.grounds.ownCloud(this.server, [this.size]));
    await this.beside('show, own store on MariaDB', cloud, await this.grounds.show(this.size));
    await this.beside(
      'list limit=20, own store on MariaDB',
      cloud,
      await this.grounds.list(this.size, LIMIT),
    );
  }

  async sqlite(): Promise<void> {
    const cloud = await this.filled('sqlite', () => this.grounds.sqliteCloud(this.size));
    await this.beside('show, SQLite', cloud, await this.grounds.show(this.size));
    await this.beside('list limit=20, SQLite', cloud, await this.grounds.list(this.size, LIMIT));
  }

  /** Compares two kinds of lists: actions of servers with 50,000 actions, and of servers with 20 actions. */
  async history(): Promise<void> {
    const [long, short] = [
      { servers: 5, actions: 50_000 },
      { servers: 5, actions: 20 },
    ];
    const own = await this.filled('history', () => this.grounds.ownCloud(this.server, [long, short]));
    const novas = await this.filled('history of Nova', () =>
      this.grounds.novaCloud(this.server, [long, short]),
    );
    const requests = [
      await this.grounds.list(long, LIMIT, 0),
      await this.grounds.list(short, LIMIT, 1),
    ] as const;
    for (const [what, cloud] of [
      ['own store on MariaDB', own],
      ['Nova’s schema', novas],
    ] as const) {
      await this.sizes(`list limit=20, ${what}`, [
        ['50,000 actions a server', cloud, requests[0]],
        ['20 actions a server', cloud, requests[1]],
      ]);
    }
  }

  /** Compares the times of show and list requests on tables with 10,000, 100,000 and 1,000,000 actions. */
  async growth(): Promise<void> {
    const sizes = [1_000_000, 100_000, 10_000].map((actions) => [actions, sizeOf(actions)] as const);
    const clouds = [];
    for (const [actions, size] of sizes) {
      clouds.push([`${actions.toLocaleString('en')} actions`, await this.novaCloud(size), size] as const);
    }
    const shows = clouds.map(
      async ([name, cloud, size]) => [name, cloud, await this.grounds.show(size)] as const,
    );
    await this.sizes('show, Nova’s schema', await Promise.all(shows));
    const lists = clouds.map(
      async ([name, cloud, size]) => [name, cloud, await this.grounds.list(size, LIMIT)] as const,
    );
    await this.sizes('list limit=20, Nova’s schema', await Promise.all(lists));
  }

  /** Compares the time in which the recorder copies the past with that of mariadb-dump and mariadb. */
  async record(): Promise<void> {
    const time = (): number => usageOf([this.databasePid]).busy;
    process.stdout.write(`${await compareCopying(this.server, this.size, time)}\n`);
  }

  /** Measures the recorder while Nova writes. */
  async follow(): Promise<void> {
    const store = await privateMariaDb();
    try {
      const time = (): number => usageOf([this.databasePid]).busy;
      process.stdout.write(`${await measureFollowing(this.server, time, store)}\n`);
    } finally {
      await store.stop();
    }
  }

  /** Measures the recording of actions over HTTP, and the import. */
  async recording(): Promise<void> {
    const time = (): number => usageOf([this.databasePid]).busy;
    const load = { connections: 8, seconds: effort.seconds * effort.rounds, lines: Number(flags.lines) };
    process.stdout.write(`${await measureRecording(this.server, time, load, flags.profile)}\n`);
  }

  /** Compares searches over all servers with SQL statements that have the best indexes. */
  async search(): Promise<void> {
    process.stdout.write(`${await measureSearch(this.server, Number(flags.actions))}\n`);
  }

  /** Compares the service with nova-api. Each has two processes. Both use the same databases and Keystone. */
  async nova(): Promise<void> {
    const { environment, nova, token } = await this.grounds.realNova(this.server, this.size);
    const requests = await this.grounds.show(this.size);
    const service = await this.service('the service, 2 processes', { ...environment, WORKERS: '2' });
    // The service responds before its second process has started. The first requests of that process are slower, and
    // the measurement must not include them.
    await sleep(SECOND_PROCESS_START_TIME);
    await this.compare('show', [service, nova], () => ({ ...requests, token }));
  }

  /** Sends many requests, and prints the memory usage every 30 seconds. The memory usage must not grow. */
  async long(): Promise<void> {
    const { environment } = await this.novaCloud(this.size);
    const requests = await this.grounds.show(this.size);
    const service = await this.service('the service', environment);
    try {
      await service.health();
      let sent = 0;
      while (sent < Number(flags.long)) {
        const done = await this.load.run(service.url, requests, { ...effort, seconds: 30 });
        sent += done.requests;
        const { memory, stall } = await service.health();
        process.stdout.write(
          `after ${sent.toLocaleString('en')} requests: ${memory.toFixed(0)} MiB, longest stall ${stall?.toFixed(0) ?? '–'} ms\n`,
        );
      }
    } finally {
      await service.stop();
    }
  }

  private async beside(what: string, cloud: Cloud, requests: RequestSet): Promise<void> {
    const service = await this.service('the service', cloud.environment);
    const other =
      flags.beside === undefined
        ? await ProbedProcess.floor('hand-written', cloud.floorDatabase)
        : await this.service('the other build', cloud.environment, resolve(flags.beside, 'dist', 'main.js'));
    await this.compare(what, [service, other], () => requests);
  }

  private async sizes(
    what: string,
    sides: readonly (readonly [name: string, cloud: Cloud, requests: RequestSet])[],
  ): Promise<void> {
    const subjects: Subject[] = [];
    for (const [name, { environment }] of sides) subjects.push(await this.service(name, environment));
    await this.compare(what, subjects, (index) => sides[index]?.[2]);
  }

  private async compare(
    what: string,
    subjects: readonly Subject[],
    requestsOf: (index: number) => RequestSet | undefined,
  ): Promise<void> {
    const sides = subjects.map((subject, index) => ({ subject, requests: requestsOf(index) as RequestSet }));
    try {
      const { load, meter } = this;
      this.lines.push(...(await compare(what, sides, { load, effort, meter })));
    } finally {
      for (const subject of subjects) await subject.stop();
    }
  }

  private async service(
    name: string,
    environment: Cloud['environment'],
    program?: string,
  ): Promise<ProbedProcess> {
    const subject = await ProbedProcess.service(
      name,
      { ...environment, BENCH_PROFILES: flags.profile },
      program,
    );
    process.stderr.write(`${name} started in ${(subject.startTime / 1000).toFixed(2)} s\n`);
    return subject;
  }

  private novaCloud(size: CloudSize): Promise<Cloud> {
    return this.filled(`nova ${size.servers}`, () => this.grounds.novaCloud(this.server, [size]));
  }

  private filled(name: string, fill: () => Promise<Cloud>): Promise<Cloud> {
    const known = this.clouds.get(name);
    if (known !== undefined) return known;
    process.stderr.write(`filling ${name}\n`);
    const cloud = fill();
    this.clouds.set(name, cloud);
    return cloud;
  }
}

async function main(): Promise<void> {
  const server = await privateMariaDb({
    options: ['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=256M'],
  });
  const counting = await createConnection(server.url(''));
  const [[row]] = await counting.query<RowDataPacket[]>('SELECT @@pid_file AS file');
  const pid = Number(readFileSync(String(row?.file), 'utf8'));
  const meter: DatabaseMeter = async () => {
    const [rows] = await counting.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Com_select'");
    return { queries: Number(rows[0]?.Value), busy: usageOf([pid]).busy };
  };
  const grounds = await BenchEnvironment.create();
  const bench = new Bench(grounds, await LoadGenerator.create(), server, meter, pid);
  try {
    for (const name of flags.only.split(',')) {
      await bench[
        name as
          | 'show'
          | 'list'
          | 'own'
          | 'sqlite'
          | 'history'
          | 'growth'
          | 'record'
          | 'follow'
          | 'recording'
          | 'search'
          | 'nova'
          | 'long'
      ]();
    }
  } finally {
    await grounds.remove();
    await counting.end();
    await server.stop();
  }
  process.stdout.write(`${asTable(bench.lines)}\n`);
}

if (flags.help) process.stdout.write(USAGE);
else await main();
