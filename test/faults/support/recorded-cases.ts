import type { ConformanceCase } from '../../conformance/cases.js';
import { loadCases, withoutLabel } from '../../conformance/cases.js';

/**
 * The id of a case to which the service intentionally responds differently from Nova.
 * test/conformance/known-differences.ts explains it.
 */
const KNOWN_DIFFERENCE = 'open-1336';

/**
 * Returns the recorded requests and answers of a real Nova. The service must respond with these answers, even during a
 * fault.
 */
export function recordedCases(): readonly ConformanceCase[] {
  return ['answers.jsonl', 'migrations-answers.jsonl']
    .flatMap((file) => withoutLabel(loadCases(file), 'unmapped').cases)
    .filter(({ id }) => id !== KNOWN_DIFFERENCE);
}
