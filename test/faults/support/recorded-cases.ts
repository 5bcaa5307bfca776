import type { ConformanceCase } from '../../conformance/cases.js';
import { loadCases, withoutLabel } from '../../conformance/cases.js';

/** Where ours differs from Nova on purpose; the replay says how. */
const KNOWN_DIFFERENCE = 'open-1336';

/** What a real Nova answered, which is the truth whatever goes wrong: 200 and refusals of every kind. */
export function recordedCases(): readonly ConformanceCase[] {
  return ['answers.jsonl', 'migrations-answers.jsonl']
    .flatMap((file) => withoutLabel(loadCases(file), 'unmapped').cases)
    .filter(({ id }) => id !== KNOWN_DIFFERENCE);
}
