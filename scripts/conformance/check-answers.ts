import { resolve } from 'node:path';
import { type ConformanceCase, loadCases } from '../../test/conformance/cases.js';
import { printReport, replay } from '../../test/conformance/replay.js';
import { canBeSent } from '../../test/conformance/requests.js';
import { print, UsageError } from '../shared/console.js';
import type { Arguments } from './arguments.js';

/** Replays the recorded requests and prints a report. @returns true if all responses equal the recorded answers */
export async function checkAnswers(given: Arguments): Promise<boolean> {
  const cases = select(given);
  const sendable = cases.filter((one) => canBeSent(one, given.tokens));
  const report = await replay(sendable, given);
  printReport(report);
  printSkipped(cases.filter((one) => !sendable.includes(one)));
  return report.same === report.total;
}

function select({ answers, groups }: Arguments): ConformanceCase[] {
  const all = loadCases(answers === undefined ? 'answers.jsonl' : resolve(answers));
  if (all.length === 0) throw new UsageError(`${answers ?? 'the file'} contains no recorded answer`);
  const known = new Set(all.map(({ group }) => group));
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined) {
    throw new UsageError(`unknown group ${unknown}; the groups are ${[...known].join(', ')}`);
  }
  return groups.length === 0 ? all : all.filter(({ group }) => groups.includes(group));
}

function printSkipped(skipped: readonly ConformanceCase[]): void {
  if (skipped.length === 0) return;
  const personas = [...new Set(skipped.map(({ persona }) => persona))].join(', ');
  print(`skipped, because no token is given: ${skipped.length} requests of the personas ${personas}`);
}
