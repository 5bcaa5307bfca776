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

/** Stores the result of a fault test. */
export function keepRow(row: Row): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${row.fault.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(row));
}

/** Returns the stored results of all faults whose tests have run on this machine. */
export function keptRows(): Row[] {
  const names = readdirSync(RESULTS).sort();
  return names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Row);
}

/** Returns the names of the faults in the tables: the first cell of each row. */
export function faultsIn(page: string): string[] {
  return [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, fault = '']) =>
    /^(-+|Fault|Attack)$/.test(fault) ? [] : [fault],
  );
}
