import type { Load, LoadGenerator, RequestSet } from './load.js';
import type { Subject } from './subject.js';

/** A server and the requests that it gets. */
export interface Side {
  readonly subject: Subject;
  readonly requests: RequestSet;
}

/** The duration and the concurrency of a measurement. */
export interface Measurement {
  readonly rounds: number;
  /** The duration for each server in each round. */
  readonly seconds: number;
  readonly connections: number;
}

/** The results of one server over all rounds. Times are in milliseconds, memory is in MiB. */
export interface Line {
  readonly what: string;
  readonly name: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** The number of failed requests in all rounds: no response, or a status of 400 or more. */
  readonly failed: number;
  /** The memory of all processes of the server. */
  readonly memory: number;
  readonly stall: number | undefined;
  /** CPU time per request, in microseconds. Other work on the machine affects it less than the rate. */
  readonly busy: number;
  /** CPU time of MariaDB per request, in microseconds. */
  readonly databaseBusy: number;
  /** SELECT statements that MariaDB executed, per request. */
  readonly queries: number;
  /** For each round, the rate of this server divided by the rate of the last one. */
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
 * Loads the servers in turn in each round, so that other work on the machine affects all of them. The last server is
 * the reference for the ratios.
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

/** The duration of the warm-up in seconds: the server compiles code, opens connections and reads database pages. */
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
    'core µs',
    'MariaDB’s µs',
    'queries/request',
    'ratio',
  ];
  const table = [head, head.map(() => '---'), ...rows];
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
