import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './load.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The document whose tables list every fault. */
export const PAGE = join(PROJECT, 'docs', 'reliability.md');

/** The folder with the results of the last run of each case. */
const RESULTS = join(PROJECT, 'node_modules', '.cache', 'faults');

/** A row of the table. Times are in milliseconds. */
export interface Row extends Pick<
  Outcome,
  'asked' | 'right' | 'refused' | 'other' | 'slowest' | 'recovered'
> {
  readonly fault: string;
  /** The callers and their requests. */
  readonly load: string;
  /** The resource usage of the process; only for attacks. */
  readonly usage?: Readonly<Record<'before' | 'after', Usage>>;
}

/** The resource usage of a process. */
export interface Usage {
  readonly descriptors: number;
  /** Resident memory in MiB: current, and the peak since `resetPeak`. */
  readonly memory: number;
  readonly peak: number;
}

/** Stores the result of a case. */
export function keepRow(row: Row): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${row.fault.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(row));
}

/** Returns the stored results of all cases that have run on this machine. */
export function keptRows(): Row[] {
  const names = readdirSync(RESULTS).sort();
  return names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Row);
}

/** Returns the first cells of the table rows: the names of the faults. */
export function faultsIn(page: string): string[] {
  return [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, fault = '']) =>
    /^(-+|Fault|Attack)$/.test(fault) ? [] : [fault],
  );
}
