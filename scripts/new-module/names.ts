import { UsageError } from '../shared/console.js';

/** The words of a module, from which everything in it is named. In brackets: those of `os-server-groups`. */
export interface Names {
  /** What the folder and the files in it are called [server-groups]. */
  readonly files: string;
  /** What the entity's file is called [server-group]. */
  readonly file: string;
  /** What its classes begin with [ServerGroups]. */
  readonly classes: string;
  /** What its types of one row begin with [ServerGroup]. */
  readonly type: string;
  /** The table, and the key of a list [server_groups]. */
  readonly table: string;
  /** The key of one item [server_group]. */
  readonly key: string;
  /** In prose, several and one [server groups; server group]. */
  readonly words: string;
  readonly word: string;
  /** Where it is below the API's root, such as `servers/:server_id/os-things`. */
  readonly path: string;
  /** The last segment of the path, which Nova names policies by. */
  readonly resource: string;
  readonly belowServer: boolean;
}

const LONGEST = 32;

/** What the code of every module uses by these names, and so cannot call its entity. */
const USED =
  /^(CheckedQuery|RowSource|DataSource|Date|Entity|Get|Index|Inject|Injectable|Listed|Module|NovaRoute|Param|Pick|Promise|RawTime|Record|String|TargetServer|Text|ViewScope)$/;

/** @throws UsageError for what cannot be the name of a module or its path */
export function namesOf(name: string, path: string): Names {
  const files = name.replace(/^os-/, '');
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || !/^[a-z]/.test(files)) {
    throw new UsageError(`${show(name)} is no name of a module: write it as os-server-groups`);
  }
  if (name.length > LONGEST) {
    throw new UsageError(`${show(name)} is too long: a name has at most ${LONGEST} characters`);
  }
  const file = singular(files);
  const type = inCapitals(file);
  if (USED.test(type)) throw new UsageError(`${show(name)} would make a class ${type}: choose another name`);
  return {
    files,
    file,
    classes: inCapitals(files),
    type,
    table: files.replaceAll('-', '_'),
    key: file.replaceAll('-', '_'),
    words: files.replaceAll('-', ' '),
    word: file.replaceAll('-', ' '),
    path,
    ...resourceAt(path),
  };
}

/** The path as the documentation and policies write it: `/servers/{server_id}/os-things`. */
export function documentedPath({ path }: Names): string {
  return `/${path.replace(':server_id', '{server_id}')}`;
}

/** What the two policies are called, as Nova calls its own. */
export function policyNames({ resource }: Names): { readonly list: string; readonly show: string } {
  return { list: `os_compute_api:${resource}:index`, show: `os_compute_api:${resource}:show` };
}

/** With a capital at the beginning of the sentence. */
export function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function resourceAt(path: string): Pick<Names, 'resource' | 'belowServer'> {
  const below = /^servers\/:server_id\/(.+)$/.exec(path)?.[1];
  const resource = below ?? path;
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(resource)) {
    throw new UsageError(
      `${show(path)} is no path of a resource: write it as os-things or servers/:server_id/os-things`,
    );
  }
  if (below === undefined && /^[0-9a-f-]+$/.test(path)) {
    throw new UsageError(`${show(path)} would be taken for a project id, as in /v2.1/{project_id}/servers`);
  }
  if (below === undefined && ['servers', 'versions'].includes(path)) {
    throw new UsageError(`${show(path)} is served by the kit: choose another path`);
  }
  return { resource, belowServer: below !== undefined };
}

/** Good enough for the words that name resources; what it cannot tell stays as it is. */
function singular(words: string): string {
  if (/[^s]ies$/.test(words)) return words.replace(/ies$/, 'y');
  if (/(ss|x|ch|sh)es$/.test(words)) return words.replace(/es$/, '');
  return /[^sui]s$/.test(words) ? words.replace(/s$/, '') : words;
}

function inCapitals(words: string): string {
  return words.split('-').map(capitalised).join('');
}

/** In one line, whatever it is. */
function show(text: string): string {
  return JSON.stringify(text);
}
