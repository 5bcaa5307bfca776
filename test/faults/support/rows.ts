import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './load.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The path of the document whose tables list the results of all faults. */
export const PAGE = join(PROJECT, 'docs', 'reliability.md');

/** The folder that contains the last result of each fault test. */
const RESULTS = join(PROJECT, 'node_modules', '.cache', 'faults');

/** A row of a table in docs/reliability.md. Times are in milliseconds. */
export interface Row extends Pick<
  Outcome,
  'asked' | 'right' | 'refused' | 'other' | 'slowest' | 'recovered'
> {
  readonly fault: string;
  /** A description of the callers and their requests. */
  readonly load: string;
  /** The resource usage of the service's process before and after an attack. It is not measured for other faults. */
  readonly usage?: Readonly<Record<'before' | 'after', Usage>>;
}

/** The resource usage of a process. */
export interface Usage {
  readonly descriptors: number;
  /** Resident memory in MiB: `memory` is the current value, `peak` the highest value since `resetPeak`. */
  readonly memory: number;
  readonly peak: number;
}

/** A row of the table of the faults during which Nova writes and a recorder copies. */
export interface RecordedRow {
  readonly fault: string;
  /** The number of actions and servers that Nova has at the end. */
  readonly rows: number;
  /** The number of entries in the record. */
  readonly entries: number;
  /** The number of rows that the copy does not have as Nova has them. */
  readonly missing: number;
  /** The number of entries that repeat the previous entry about the same row. */
  readonly doubled: number;
  /** The time from Nova's last change until the copy was complete, in milliseconds. */
  readonly complete: number;
}

/** Stores the result of a fault test. */
export function keepRow(row: Row | RecordedRow): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${row.fault.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(row));
}

/** Returns the stored results of all faults whose tests have run on this machine. */
export function keptRows(): (Row | RecordedRow)[] {
  const names = readdirSync(RESULTS).sort();
  return names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Row | RecordedRow);
}

/** Returns the names of the faults in the tables: the first cell of each row. */
export function faultsIn(page: string): string[] {
  return [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, fault = '']) =>
    /^(-+|Fault|Attack|Interruption)$/.test(fault) ? [] : [fault],
  );
}
