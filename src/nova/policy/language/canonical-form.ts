import { type Expression, readRule } from './parser.js';

/**
 * A text that two rules share exactly if oslo.policy takes them for equal: letter case of operators, redundant
 * parentheses and the two ways to write a rule make no difference. A rule that only names another is `rule:name`.
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
  // A word that is no check denies, like `!`.
  if (!word.includes(':')) return '!';
  // Only in a list can a word hold white space. It must not look like an operator with its operands.
  return /\s/.test(word) ? JSON.stringify(word) : word;
}
