import { type Expression, readRule } from './parser.js';

/**
 * Returns the canonical form of a rule. Two rules have the same canonical form if, and only if, oslo.policy treats them
 * as equal: the letter case of operators, redundant parentheses and the form of the rule (text or list) make no
 * difference. The canonical form of a rule that only refers to another rule is `rule:name`.
 */
export function canonicalForm(rule: unknown): string {
  const expression = readRule(rule);
  return expression === undefined ? '!' : formOf(expression);
}

function formOf(expression: Expression): string {
  if (expression.type === 'check') return formOfCheck(expression.word);
  if (expression.type === 'not') return `not ${formOf(expression.operand)}`;
  return `(${expression.operands.map(formOf).join(` ${expression.type} `)})`;
}

function formOfCheck(word: string): string {
  if (word === '@') return word;
  // A word without a colon is not a check. It denies, like `!`.
  if (!word.includes(':')) return '!';
  // Only a rule in list form can have a word with white space. Such a word is quoted, because without quotes it could
  // look like an operator with its operands.
  return /\s/.test(word) ? JSON.stringify(word) : word;
}
