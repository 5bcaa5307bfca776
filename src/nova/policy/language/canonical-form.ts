import { readRule, type RuleParts } from './parser.js';

/**
 * A text that two rules share exactly if oslo.policy takes one for the other: letter case of operators, idle
 * parentheses and the two ways to write a rule make no difference. A rule that only names another is `rule:name`.
 */
export function canonicalForm(rule: unknown): string {
  return readRule(rule, SHAPES) ?? '!';
}

const SHAPES: RuleParts<string> = {
  always: '@',
  word: shapeOfWord,
  not: (shape) => `not ${shape}`,
  all: (shapes) => joined(shapes, 'and'),
  any: (shapes) => joined(shapes, 'or'),
};

function shapeOfWord(word: string): string {
  if (word === '@') return word;
  // What is no check denies, like `!`.
  if (!word.includes(':')) return '!';
  // Only in a list can a word hold white space, and then it must not look like an operator with its operands.
  return /\s/.test(word) ? JSON.stringify(word) : word;
}

function joined(shapes: readonly string[], operator: string): string {
  const [first = '!'] = shapes;
  return shapes.length < 2 ? first : `(${shapes.join(` ${operator} `)})`;
}
