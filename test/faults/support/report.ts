import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Outcome } from './load.js';
import { faultsIn, keepRow, PAGE, type Row } from './rows.js';

/**
 * Stores the results of a fault test for the table in docs/reliability.md. Fails if a response was wrong, or if the
 * table has no row for the fault.
 *
 * @param load a description of the callers and their requests; by default the number of callers
 */
export function reportOutcome(fault: string, outcome: Outcome, load?: string, usage?: Row['usage']): void {
  const { wrongs, callers, cutOff, ...counts } = outcome;
  const addition = cutOff === 0 ? '' : `; ${cutOff.toLocaleString('en')} requests cut off by the kill`;
  const row = { fault, load: (load ?? `${callers} callers`) + addition, ...counts, ...(usage && { usage }) };
  process.stdout.write(`${JSON.stringify(row)}\n`);
  expect([wrongs, outcome.other]).toEqual([[], 0]);
  expect(outcome.right + outcome.refused).toBe(outcome.asked);
  keepRow(row);
  // If this check fails, run `npm run reliability`, which adds the missing row.
  expect(faultsIn(readFileSync(PAGE, 'utf8'))).toContain(fault);
}
