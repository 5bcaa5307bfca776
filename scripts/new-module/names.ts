import { UsageError } from '../shared/console.js';

/**
 * The names in a module, which are derived from the name of the module. The comments show them for `os-server-groups`.
 */
export type Names = ReturnType<typeof namesOf>;

/** Names that the code of every generated module uses. The entity class must have another name. */
const RESERVED =
  /^(Date|Entity|Get|Index|Inject|Injectable|ListQuery|ListPage|Module|Param|Policy|Promise|RawRow|Record|RowSource|String|Text)$/;
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const RESOURCE = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;

/** Derives the names from the arguments of the command line. @throws UsageError for an invalid name or path */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- `Names` is this type
export function namesOf(name: string, path: string) {
  // For `os-server-groups`: `server-groups`.
  const files = name.replace(/^os-/, '');
  // For `os-server-groups`: `server-group`.
  const file = singular(files);
  // For `os-server-groups`: `ServerGroup`.
  const type = inCapitals(file);
  const below = /^servers\/:server_id\/(.+)$/.exec(path)?.[1];
  // The name of a policy in Nova contains only the part of the path below `servers/:server_id/`, if there is one.
  const resource = below ?? path;
  const [shownName, shownPath] = [JSON.stringify(name), JSON.stringify(path)];
  rejectIf(!NAME.test(files), `${shownName} is not a valid module name, such as os-server-groups`);
  rejectIf(name.length > 32, `${shownName} is too long: a name has at most 32 characters`);
  rejectIf(RESERVED.test(type), `${shownName} would create a class ${type}: choose another name`);
  rejectIf(
    !RESOURCE.test(resource),
    `${shownPath} is not a valid path, such as os-things or servers/:server_id/os-things`,
  );
  rejectIf(/^[0-9a-f-]+$/.test(path), `${shownPath} looks like a project id: choose another path`);
  rejectIf(
    /^(servers|versions)$/.test(path),
    `${shownPath} is a path of the service itself: choose another path`,
  );
  // For `os-server-groups`: `server groups` and `server group`.
  const [words, word] = [files.replaceAll('-', ' '), file.replaceAll('-', ' ')];
  return {
    // For `os-server-groups`, the name `classes` is `ServerGroups`.
    ...{ files, file, type, classes: inCapitals(files) },
    // For `os-server-groups`, the name `table` is `server_groups`, and `key` is `server_group`.
    ...{ table: files.replaceAll('-', '_'), key: file.replaceAll('-', '_') },
    ...{ words, word, Words: capitalised(words), Word: capitalised(word) },
    ...{ path, resource, server: below !== undefined },
    documented: `/${path.replace(':server_id', '{server_id}')}`,
  };
}

/** Throws a UsageError if the condition is true. */
export function rejectIf(condition: boolean, message: string): void {
  if (condition) throw new UsageError(message);
}

/** Returns the singular of an English plural. The rules are only sufficient for names of resources. */
function singular(words: string): string {
  return words
    .replace(/(?<=[^s])ies$/, 'y')
    .replace(/(?<=ss|x|ch|sh)es$/, '')
    .replace(/(?<=[^sui])s$/, '');
}

const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const inCapitals = (words: string): string => words.split('-').map(capitalised).join('');
