import { isRecord } from '../../src/common/is-record.js';
import {
  type Credentials,
  RulesInForce,
  type RuleTexts,
  type Target,
} from '../../src/nova/policy/rules-in-force.js';
import { errorText } from '../../src/common/error-text.js';
import { print, readText, say } from '../shared/console.js';

/** One line of the input file: the rules, the name of the rule to decide, the caller's credentials and the target. */
interface Case {
  readonly rules: RuleTexts;
  readonly name: string;
  readonly creds: Credentials;
  readonly target: Target;
}

/**
 * Decides each line of a file, and prints whether the rule in the line allows access. An invalid line counts as denied.
 * Each line contains rules, a caller and a target.
 */
export function decideCases(file: string): void {
  const lines = readText(file).split('\n');
  // If the file ends with a newline, the last element of the array is empty and represents no line.
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) print(JSON.stringify({ allowed: isAllowed(line, index + 1) }));
}

function isAllowed(line: string, number: number): boolean {
  try {
    const { rules, name, creds, target } = parseCase(line);
    return new RulesInForce(rules).decide(name, target, creds);
  } catch (error) {
    say(`line ${number}: ${errorText(error)}`);
    return false;
  }
}

function parseCase(line: string): Case {
  const parsed: unknown = JSON.parse(line);
  if (!isRecord(parsed)) throw new Error('is not a JSON object');
  const { rules, name, creds, target } = parsed;
  if (typeof name !== 'string') throw new Error('"name" must be text');
  if (!isRecord(rules) || !isRecord(creds) || !isRecord(target)) {
    throw new Error('"rules", "creds" and "target" must be objects');
  }
  return { rules, name, creds, target };
}
