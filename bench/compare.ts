import type { Load, LoadGenerator, RequestSet } from './load.js';
import type { Subject } from './subject.js';

/** A server, and the requests that the load generator sends to this server. */
export interface Side {
  readonly subject: Subject;
  readonly requests: RequestSet;
}

/**
 * The duration of a comparison, and the number of connections of the load generator. In each round, every server is
 * measured once.
 */
export interface Measurement {
  readonly rounds: number;
  /** The duration of the measurement of one server in one round, in seconds. */
  readonly seconds: number;
  readonly connections: number;
}

/**
 * The results of one server. Rates and times are medians over all rounds. Response times are in milliseconds, memory is
 * in MiB.
 */
export interface Line {
  readonly what: string;
  readonly name: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /**
   * The number of failed requests in all rounds. A request fails if it gets no response, or a status of 400 or more.
   */
  readonly failed: number;
  /** The resident memory of all processes of the server, after the last round. */
  readonly memory: number;
  readonly stall: number | undefined;
  /** CPU time of the server per request, in microseconds. Other work on the machine affects it less than `rate`. */
  readonly busy: number;
  /** CPU time of MariaDB per HTTP request, in microseconds. */
  readonly databaseBusy: number;
  /** The number of SELECT statements that MariaDB executes per HTTP request. */
  readonly queries: number;
  /** For each round, the rate of this server divided by the rate of the last server in the comparison. */
  readonly ratios: readonly number[];
}

/** The number of queries that a database has executed so far, and its CPU time in microseconds. */
export interface DatabaseWork {
  readonly queries: number;
  readonly busy: number;
}

export type DatabaseMeter = () => Promise<DatabaseWork>;

interface Round extends Load {
  readonly stall: number | undefined;
  readonly busy: number;
  readonly database: DatabaseWork;
}

/**
 * Measures the servers in turn, several times, so that other work on the machine affects all of them. The last server
 * is the reference for `ratios`.
 */
export async function compare(
  what: string,
  sides: readonly Side[],
  { load, effort, meter }: { load: LoadGenerator; effort: Measurement; meter: DatabaseMeter },
): Promise<Line[]> {
  const rounds: Round[][] = sides.map(() => []);
  for (const side of sides) await loadOnce(side, load, { ...effort, seconds: WARM_UP }, meter);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [index, side] of sides.entries()) {
      rounds[index]?.push(await loadOnce(side, load, effort, meter));
      process.stderr.write('.');
    }
  }
  process.stderr.write(` ${what}\n`);
  const reference = rounds.at(-1) ?? [];
  return Promise.all(
    sides.map(async ({ subject }, index) => {
      const done = rounds[index] ?? [];
      return {
        what,
        name: subject.name,
        rate: median(done.map(({ rate }) => rate)),
        p50: median(done.map(({ p50 }) => p50)),
        p99: median(done.map(({ p99 }) => p99)),
        failed: done.reduce((sum, { failed }) => sum + failed, 0),
        memory: (await subject.health()).memory,
        stall: greatest(done.map(({ stall }) => stall)),
        busy: median(done.map(({ busy }) => busy)),
        databaseBusy: median(done.map(({ database }) => database.busy)),
        queries: median(done.map(({ database }) => database.queries)),
        ratios: done.map(({ rate }, round) => rate / (reference[round]?.rate ?? Number.NaN)),
      };
    }),
  );
}

/**
 * The duration of the warm-up, in seconds. During the warm-up a server compiles code, opens connections and reads
 * database pages.
 */
const WARM_UP = 3;

async function loadOnce(
  { subject, requests }: Side,
  load: LoadGenerator,
  effort: Measurement,
  meter: DatabaseMeter,
): Promise<Round> {
  const { busy: busyBefore } = await subject.health();
  const before = await meter();
  const done = await load.run(subject.url, requests, effort);
  const after = await meter();
  const { stall, busy } = await subject.health();
  return {
    ...done,
    stall,
    busy: (busy - busyBefore) / done.requests,
    database: {
      queries: (after.queries - before.queries) / done.requests,
      busy: (after.busy - before.busy) / done.requests,
    },
  };
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** Formats the results as a Markdown table. */
export function asTable(lines: readonly Line[]): string {
  const rows = lines.map(({ what, name, ratios, queries, ...figures }) => [
    what,
    name,
    figures.rate.toFixed(0),
    figures.p50.toFixed(1),
    figures.p99.toFixed(1),
    figures.failed.toFixed(0),
    figures.memory.toFixed(0),
    figures.stall?.toFixed(0) ?? '–',
    figures.busy.toFixed(0),
    figures.databaseBusy.toFixed(0),
    queries.toFixed(2),
    `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
  ]);
  const head = [
    'what',
    'server',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'failed',
    'MiB',
    'stall ms',
    'CPU µs',
    'MariaDB µs',
    'queries/request',
    'ratio',
  ];
  const table = [head, head.map(() => '---'), ...rows];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
