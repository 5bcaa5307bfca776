import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { CST, isScalar, parseDocument, Parser, visit } from 'yaml';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import type { PolicyFileList } from './policy-file-list.js';
import type { RuleTexts } from './rules-in-force.js';

/** The maximum depth of nesting in a policy file. A valid file needs four levels: document, map of rules, two lists. */
const MAX_FILE_DEPTH = 20;

/** The error of a text that is not a policy file. */
export class PolicyTextError extends Error {}

/** The error of policy files that cannot be used. The message is one line that names the setting and the file. */
export class PolicyFilesError extends Error {
  constructor(
    problem: string,
    /** True if another attempt may succeed although the files do not change. */
    readonly isTemporary: boolean,
  ) {
    super(problem);
  }
}

/**
 * Reads the rules of all files, by name. A rule in a later file replaces a rule of the same name.
 *
 * @returns the rules, or the error, which is not thrown
 */
export async function readPolicyFiles({
  files,
  problem,
}: PolicyFileList): Promise<RuleTexts | PolicyFilesError> {
  if (problem !== undefined) return new PolicyFilesError(problem, false);
  const rules = new Map<string, unknown>();
  for (const { setting, path } of files) {
    const read = await readPolicyFile(`${setting} ${path}`, path);
    if (read instanceof PolicyFilesError) return read;
    for (const [name, rule] of Object.entries(read)) rules.set(name, rule);
  }
  return Object.fromEntries(rules);
}

async function readPolicyFile(what: string, path: string): Promise<RuleTexts | PolicyFilesError> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    return new PolicyFilesError(`${what} cannot be read (${errorCode(error)})`, true);
  }
  if (!isUtf8(content)) return new PolicyFilesError(`${what} is not UTF-8 text`, false);
  try {
    return readPolicyText(content.toString('utf8'));
  } catch (error) {
    if (!(error instanceof PolicyTextError)) throw error;
    return new PolicyFilesError(`${what} is not a valid policy file: ${error.message}`, false);
  }
}

/**
 * Parses the text of a policy file, YAML or JSON, into rules by name. It does not parse the rules themselves, because
 * one invalid rule must not make the others unusable.
 *
 * @throws PolicyTextError with a message of one line
 */
export function readPolicyText(text: string): RuleTexts {
  rejectDeepNesting(text);
  // PyYAML, with which Nova reads the file, implements YAML 1.1, which includes JSON. If a name occurs twice, PyYAML
  // uses the last rule.
  const document = withPlainErrors(() => parseDocument(text, { version: '1.1', uniqueKeys: false }));
  const [problem] = [
    ...document.errors,
    ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED'),
  ];
  if (problem !== undefined) throw new PolicyTextError(firstLine(problem.message));
  visit(document, {
    // An unquoted `!` is an error: YAML reads it as an empty text, which is a rule that allows everybody, but the rule
    // `!` denies everybody.
    Scalar: (_key, node) => {
      if (node.tag === '!') throw new PolicyTextError('the rule ! needs quotes: "!"');
    },
  });
  const { contents } = document;
  if (contents === null || (isScalar(contents) && !contents.value)) return {};
  const rules = withPlainErrors(() => document.toJS() as unknown);
  if (typeof rules !== 'object' || rules === null || (Array.isArray(rules) && rules.length > 0)) {
    throw new PolicyTextError('it must map names to rules, such as "name": "role:reader"');
  }
  const empty = Object.entries(rules).find(([, rule]) => rule === null);
  // A name without a rule is an error here. In oslo.policy, it allows everybody. Operators can write "@" for this
  // purpose.
  if (empty !== undefined)
    throw new PolicyTextError(
      `"${empty[0]}" has no rule; write "!" to deny everybody or "@" to allow everybody`,
    );
  return Array.isArray(rules) ? {} : (rules as RuleTexts);
}

/**
 * Rejects a text that is nested too deeply. The YAML library composes documents recursively, and V8 may abort the
 * process when recursion exhausts the stack. So this function first checks the tree of tokens, without recursion.
 */
function rejectDeepNesting(text: string): void {
  let level: CST.Token[] = [...new Parser().parse(text)];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_FILE_DEPTH)
      throw new PolicyTextError('it is nested too deeply: a rule is a string, or a list of lists of strings');
    level = level.flatMap((token) => {
      if (token.type === 'document') return token.value ?? [];
      if (!CST.isCollection(token)) return [];
      return token.items.flatMap(({ key, value }) => [key, value].filter((part) => part != null));
    });
  }
}

/** Calls the YAML library. Turns its errors into a PolicyTextError with a message of one line. */
function withPlainErrors<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new PolicyTextError(firstLine(errorText(error)));
  }
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/:$/, '');
}
