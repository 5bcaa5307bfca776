import { CST, isScalar, parseDocument, Parser, visit } from 'yaml';
import { errorText } from '../../common/error-text.js';
import type { RuleTexts } from './rules-in-force.js';

/** How deep a policy file may nest. The document, its rules, and two lists in each are all that counts. */
const DEEPEST = 20;

/** Why a text is no policy file. */
export class PolicyTextError extends Error {}

/**
 * Reads the text of a policy file, YAML or JSON, into its rules by name. Whether the rules are any good is not
 * looked at: one broken rule must not take the others with it.
 *
 * @throws PolicyTextError whose message is one line
 */
export function readPolicyText(text: string): RuleTexts {
  refuseDeepNesting(text);
  // YAML as PyYAML reads it: version 1.1, which JSON is a part of, and the last of two like names counts.
  const document = plain(() => parseDocument(text, { version: '1.1', uniqueKeys: false }));
  const [problem] = [
    ...document.errors,
    ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED'),
  ];
  if (problem !== undefined) throw new PolicyTextError(firstLine(problem.message));
  visit(document, {
    // YAML takes a bare `!` for an empty text, and an empty rule allows everybody: the contrary of what was meant.
    Scalar: (_key, node) => {
      if (node.tag === '!') throw new PolicyTextError('a ! must stand in quotes to be a rule: "!"');
    },
  });
  const { contents } = document;
  if (contents === null || (isScalar(contents) && !contents.value)) return {};
  const rules = plain(() => document.toJS() as unknown);
  if (typeof rules !== 'object' || rules === null || (Array.isArray(rules) && rules.length > 0)) {
    throw new PolicyTextError('it must hold rules by name, such as "name": "role:reader"');
  }
  const empty = Object.entries(rules).find(([, rule]) => rule === null);
  // To oslo.policy no rule at all allows everybody; whoever means that can write it: "@".
  if (empty !== undefined)
    throw new PolicyTextError(`"${empty[0]}" has no rule; write "!" for nobody, "@" for everybody`);
  return Array.isArray(rules) ? {} : (rules as RuleTexts);
}

/**
 * The library puts a document together by calls within calls, and V8 may end the whole process where these exhaust the
 * stack. What it reads before that is a tree that can be looked at without.
 */
function refuseDeepNesting(text: string): void {
  let level: CST.Token[] = [...new Parser().parse(text)];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST)
      throw new PolicyTextError('it nests too deep: a rule is a text, or a list of lists of texts');
    level = level.flatMap((token) => {
      if (token.type === 'document') return token.value ?? [];
      if (!CST.isCollection(token)) return [];
      return token.items.flatMap(({ key, value }) => [key, value].filter((part) => part != null));
    });
  }
}

function plain<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new PolicyTextError(firstLine(errorText(error)));
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
