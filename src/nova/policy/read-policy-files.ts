import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { CST, isScalar, parseDocument, Parser, visit } from 'yaml';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import type { PolicyFileList } from './policy-file-list.js';
import type { RuleTexts } from './rules-in-force.js';

/** How deep a policy file may nest. The document, its rules, and two lists in each are all that counts. */
const MAX_FILE_DEPTH = 20;

/** Why a text is no policy file. */
export class PolicyTextError extends Error {}

/** Why the files of the moment cannot be used; the message is one line that names the setting and the file. */
export class PolicyFilesError extends Error {
  constructor(
    problem: string,
    /** Whether another attempt may succeed although nothing changed. */
    readonly isTemporary: boolean,
  ) {
    super(problem);
  }
}

/** Reads the rules of all files, by name; of two rules of one name the later counts. */
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
    return new PolicyFilesError(`${what} is no policy file: ${error.message}`, false);
  }
}

/**
 * Reads the text of a policy file, YAML or JSON, into its rules by name. It does not read the rules themselves: one
 * broken rule must not make the others unusable.
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
    // YAML takes a bare `!` for an empty text, and an empty rule allows everybody: the opposite of its meaning in a rule.
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
  // In oslo.policy a missing rule allows everybody. An operator who means that can write it: "@".
  if (empty !== undefined)
    throw new PolicyTextError(`"${empty[0]}" has no rule; write "!" for nobody, "@" for everybody`);
  return Array.isArray(rules) ? {} : (rules as RuleTexts);
}

/**
 * The library composes a document recursively, and V8 may end the whole process where that exhausts the stack. The
 * tree of tokens, which the library reads first, can be checked without recursion.
 */
function refuseDeepNesting(text: string): void {
  let level: CST.Token[] = [...new Parser().parse(text)];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_FILE_DEPTH)
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
