import type { ConformanceCase } from '../../conformance/cases.js';
import { loadCases, withoutLabel } from '../../conformance/cases.js';

/** The id of the case with the intended difference from Nova that test/conformance/known-differences.ts explains. */
const KNOWN_DIFFERENCE = 'open-1336';

/** Returns the recorded cases of a real Nova. Their answers are the expected responses, also during a fault. */
export function recordedCases(): readonly ConformanceCase[] {
  return ['answers.jsonl', 'migrations-answers.jsonl']
    .flatMap((file) => withoutLabel(loadCases(file), 'unmapped').cases)
    .filter(({ id }) => id !== KNOWN_DIFFERENCE);
}
