import { resolve } from 'node:path';
import { type ConformanceCase, loadCases } from '../../test/conformance/cases.js';
import { printReport, replay } from '../../test/conformance/replay.js';
import { canBeAsked } from '../../test/conformance/requests.js';
import { print, UsageError } from '../shared/console.js';
import type { Arguments } from './arguments.js';

/** Replays the recorded answers and prints what became of them. @returns whether all are the recorded ones */
export async function checkAnswers(given: Arguments): Promise<boolean> {
  const cases = select(given);
  const asked = cases.filter((one) => canBeAsked(one, given.tokens));
  const report = await replay(asked, given);
  printReport(report);
  printLeftOut(cases.filter((one) => !asked.includes(one)));
  return report.same === report.asked;
}

function select({ answers, groups }: Arguments): ConformanceCase[] {
  const all = loadCases(answers === undefined ? 'answers.jsonl' : resolve(answers));
  if (all.length === 0) throw new UsageError(`${answers ?? 'the file'} holds no recorded answer`);
  const known = new Set(all.map(({ group }) => group));
  const unknown = groups.find((group) => !known.has(group));
  if (unknown !== undefined) {
    throw new UsageError(`no group ${unknown}; the groups are ${[...known].join(', ')}`);
  }
  return groups.length === 0 ? all : all.filter(({ group }) => groups.includes(group));
}

function printLeftOut(leftOut: readonly ConformanceCase[]): void {
  if (leftOut.length === 0) return;
  const who = [...new Set(leftOut.map(({ persona }) => persona))].join(', ');
  print(`left out for want of a token: ${leftOut.length} cases of ${who}`);
}
