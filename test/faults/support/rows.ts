import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './load.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The documentation that lists every case. */
export const PAGE = join(PROJECT, 'docs', 'reliability.md');

/** Where the last run of each case is kept until the table is made anew. */
const RESULTS = join(PROJECT, 'node_modules', '.cache', 'faults');

/** A line of the table. Times are in milliseconds. */
export interface Row extends Pick<
  Outcome,
  'asked' | 'right' | 'refused' | 'other' | 'slowest' | 'recovered'
> {
  readonly fault: string;
  /** Who asked what. */
  readonly load: string;
  /** What the process used; only of attacks. */
  readonly usage?: Readonly<Record<'before' | 'after', Usage>>;
}

/** What a process uses. */
export interface Usage {
  readonly descriptors: number;
  /** Resident memory in MiB: now, and at most since `resetPeak`. */
  readonly memory: number;
  readonly peak: number;
}

/** Keeps the last run of a case. */
export function keepRow(row: Row): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${row.fault.replaceAll(/\W+/g, '-')}.json`), JSON.stringify(row));
}

/** The last runs of all cases that have run here. */
export function keptRows(): Row[] {
  const names = readdirSync(RESULTS).sort();
  return names.map((name) => JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Row);
}

/** The first cells of the lines of a table with these. */
export function faultsIn(page: string): string[] {
  return [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, fault = '']) =>
    /^(-+|Fault|Attack)$/.test(fault) ? [] : [fault],
  );
}
