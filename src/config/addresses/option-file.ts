import { homedir } from 'node:os';
import { errorText } from '../../common/error-text.js';
import { readSmallText, shownPath } from '../../common/read-small-file.js';

/**
 * Reads one group of an option file (`my.cnf`) as PyMySQL does, with the rules of Python's configparser. The function
 * omits options without a value. The line `!include …` counts as such an option, as in configparser, so the included
 * file is not read. The returned names are in lower case, with dashes.
 *
 * @throws Error if the file is unreadable or malformed; the message does not contain any content of the file
 */
export function readOptionGroup(path: string, group: string): ReadonlyMap<string, string> {
  const groups = new Map<string, Map<string, string>>();
  let values: Map<string, string> | undefined;
  let last: { readonly name: string; readonly indent: number } | undefined;
  for (const [index, line] of readText(path)
    .split(/\r\n|\n|\r/)
    .entries()) {
    const text = line.trim();
    if (text === '' || /^[#;]/.test(text)) continue;
    const indent = line.search(/\S/);
    if (values !== undefined && last !== undefined && indent > last.indent) {
      values.set(last.name, `${values.get(last.name) ?? ''}\n${text}`);
      continue;
    }
    const [, header] = /^\[(.+)\]/.exec(text) ?? [];
    if (header !== undefined) {
      values = groups.get(header) ?? new Map<string, string>();
      groups.set(header, values);
      last = undefined;
      continue;
    }
    if (values === undefined) throw new Error(`has no [group] before line ${index + 1}: ${path}`);
    const [, name = '', value = ''] = /^([^=:]*)(?:[=:](.*))?$/.exec(text) ?? [];
    last = { name: name.trim().toLowerCase().replaceAll('_', '-'), indent };
    values.set(last.name, value.trim());
  }
  const found = [...(groups.get('DEFAULT') ?? []), ...(groups.get(group) ?? [])];
  return new Map(found.map(([name, value]) => [name, unquoted(value)] as const).filter(([, value]) => value));
}

function readText(path: string): string {
  try {
    return readSmallText(path.replace(/^~(?=\/)/, homedir()));
  } catch (error) {
    throw new Error(`${errorText(error)}${shownPath(path)}`, { cause: error });
  }
}

function unquoted(value: string): string {
  return /^(['"])(.*)\1$/s.exec(value)?.[2] ?? value;
}
