import { isScalar, parseDocument, visit } from 'yaml';
import { errorText } from '../../common/error-text.js';
import type { RuleTexts } from './enforcer.js';

/** Why a text is no policy file. */
export class PolicyTextError extends Error {}

/**
 * Reads the text of a policy file, YAML or JSON, into its rules by name. Whether the rules are any good is not
 * looked at: one broken rule must not take the others with it.
 *
 * @throws PolicyTextError whose message is one line
 */
export function readPolicyText(text: string): RuleTexts {
  // YAML as PyYAML reads it: version 1.1, which JSON is a part of, and the last of two like names counts.
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
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

function plain(convert: () => unknown): unknown {
  try {
    return convert();
  } catch (error) {
    throw new PolicyTextError(firstLine(errorText(error)));
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
