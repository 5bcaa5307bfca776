import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Outcome } from './load.js';
import { faultsIn, keepRow, PAGE, type Row } from './rows.js';

/**
 * Keeps the outcome for the table in docs/reliability.md, and holds the case to what holds for all of them: nothing
 * but right answers and defined refusals, and a line in that table.
 *
 * @param load who asked what; by default the callers with the recorded questions
 */
export function reportOutcome(fault: string, outcome: Outcome, load?: string, usage?: Row['usage']): void {
  const { wrongs, callers, cutOff, ...counts } = outcome;
  const besides =
    cutOff === 0 ? '' : `; besides, ${cutOff.toLocaleString('en')} had no process left to answer`;
  const row = { fault, load: (load ?? `${callers} callers`) + besides, ...counts, ...(usage && { usage }) };
  process.stdout.write(`${JSON.stringify(row)}\n`);
  expect([wrongs, outcome.other]).toEqual([[], 0]);
  expect(outcome.right + outcome.refused).toBe(outcome.asked);
  keepRow(row);
  // Where it is missing, `npm run reliability` puts it there.
  expect(faultsIn(readFileSync(PAGE, 'utf8'))).toContain(fault);
}
