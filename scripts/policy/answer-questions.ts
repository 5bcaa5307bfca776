import { isRecord } from '../../src/common/is-record.js';
import {
  type Credentials,
  RulesInForce,
  type RuleTexts,
  type Target,
} from '../../src/nova/policy/rules-in-force.js';
import { errorText } from '../../src/common/error-text.js';
import { print, readText, say } from '../shared/console.js';

/** One line of a file of questions: whether the rule of this name allows this caller that target. */
interface Question {
  readonly rules: RuleTexts;
  readonly name: string;
  readonly creds: Credentials;
  readonly target: Target;
}

/** Prints the verdict on every line of a file; a line that is no question is denied. */
export function answerQuestions(file: string): void {
  const lines = readText(file).split('\n');
  // What follows the last end of line is no line.
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) print(JSON.stringify({ allowed: isAllowed(line, index + 1) }));
}

function isAllowed(line: string, number: number): boolean {
  try {
    const { rules, name, creds, target } = readQuestion(line);
    return new RulesInForce(rules).decide(name, target, creds);
  } catch (error) {
    say(`line ${number}: ${errorText(error)}`);
    return false;
  }
}

function readQuestion(line: string): Question {
  const question: unknown = JSON.parse(line);
  if (!isRecord(question)) throw new Error('is not a JSON object');
  const { rules, name, creds, target } = question;
  if (typeof name !== 'string') throw new Error('"name" must be text');
  if (!isRecord(rules) || !isRecord(creds) || !isRecord(target)) {
    throw new Error('"rules", "creds" and "target" must be objects');
  }
  return { rules, name, creds, target };
}
