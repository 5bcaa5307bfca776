import { UsageError } from '../shared/console.js';

/**
 * The names in a module, which are derived from the name of the module. The comments show them for `os-server-tags`.
 */
export type Names = ReturnType<typeof namesOf>;

/** Names that the code of every generated module uses. The entity class must have another name. */
const RESERVED =
  /^(Date|Delete|Entity|EntityManager|Get|Index|Inject|Injectable|ListQuery|ListPage|Module|Param|Post|Promise|RawRow|Record|RowSource|String|Text)$/;
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const RESOURCE = /^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/;
const ACTION = /^[a-z][A-Za-z0-9]*([-_][a-z0-9]+)*$/;

/**
 * Derives the names from the arguments of the command line.
 *
 * @param path of the resource; the name of the module for an action on servers, which has no path of its own
 * @param action the name of the action; an empty text for a module with a resource
 * @throws UsageError for an invalid name, path or action
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- `Names` is this type
export function namesOf(name: string, path: string, action = '') {
  // For `os-server-tags`: `server-tags`.
  const files = name.replace(/^os-/, '');
  // For `os-server-tags`: `server-tag`.
  const file = singular(files);
  // For `os-server-tags`: `ServerTag`.
  const type = inCapitals(file);
  const below = /^servers\/:server_id\/(.+)$/.exec(path)?.[1];
  // The name of a policy in Nova contains only the part of the path below `servers/:server_id/`, if there is one.
  const resource = below ?? path;
  const [shownName, shownPath] = [JSON.stringify(name), JSON.stringify(path)];
  rejectIf(!NAME.test(files), `${shownName} is not a valid module name, such as os-keypairs`);
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
  rejectIf(
    action !== '' && !ACTION.test(action),
    `${JSON.stringify(action)} is not a valid action, such as pause or os-start`,
  );
  // For the action `os-start`: `start`. For `createImage`: `create_image`.
  const recorded = action.replace(/^os-/, '').replaceAll('-', '_').replaceAll(/[A-Z]/g, '_$&').toLowerCase();
  // For `os-server-tags`: `server tags` and `server tag`.
  const [words, word] = [files.replaceAll('-', ' '), file.replaceAll('-', ' ')];
  return {
    // For `os-server-tags`, the name `classes` is `ServerTags`.
    ...{ files, file, type, classes: inCapitals(files) },
    // For `os-server-tags`, the name `table` is `server_tags`, and `key` is `server_tag`.
    ...{ table: files.replaceAll('-', '_'), key: file.replaceAll('-', '_') },
    ...{ words, word, Words: capitalised(words), Word: capitalised(word) },
    ...{ path, resource, server: below !== undefined },
    ...{
      action,
      recorded,
      method: recorded.replaceAll(/_(.)/g, (_all, letter: string) => letter.toUpperCase()),
    },
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
