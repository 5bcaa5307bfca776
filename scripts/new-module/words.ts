import { capitalised, documentedPath, type Names, policyNames } from './names.js';

/** What the developer chooses. */
export interface Choices {
  readonly apiDatabase: boolean;
  readonly paging: boolean;
  readonly id: 'uuid' | 'integer';
}

/** What templates are filled with: texts by their names, and which facts hold. */
interface Words {
  readonly texts: Readonly<Record<string, string>>;
  readonly facts: ReadonlySet<string>;
}

/** Where the rows are, and how the code of a module refers to that. */
const PLACES = {
  server: {
    whose: 'of a server',
    from: 'server',
    begin: 'server',
    fromType: 'Server',
    select: 'select(source, server)',
  },
  api: {
    whose: 'of all projects',
    from: 'database',
    begin: 'this.cells.api()',
    fromType: 'RowSource',
    select: 'select(source)',
  },
  cells: {
    whose: 'of all projects',
    from: 'deadline',
    begin: 'answerDeadline()',
    fromType: 'number',
    select: 'select(source)',
  },
};

/** @param time of the migration, in milliseconds since 1970 */
export function wordsOf(names: Names, { apiDatabase, paging, id }: Choices, time: number): Words {
  const { belowServer, path, table, type, word, words } = names;
  const place = belowServer ? 'server' : apiDatabase ? 'api' : 'cells';
  const isUuid = id === 'uuid';
  const indexed = [...(belowServer ? ['instance_uuid'] : []), ...(paging ? ['created_at', 'id'] : [])];
  const given = [...(belowServer ? ['server'] : []), ...(paging ? ['query'] : [])];
  const parameters = [
    ...(paging ? ['CheckedQuery'] : []),
    ...(isUuid ? [] : ['IntegerId']),
    ...(belowServer ? ['TargetServer'] : []),
  ];
  const { list, show } = policyNames(names);
  const facts = {
    [place]: true,
    paging,
    uuid: isUuid,
    indexed: indexed.length > 0,
    parameters: parameters.length > 0,
  };
  return {
    facts: new Set(Object.entries(facts).flatMap(([fact, holds]) => (holds ? [fact] : []))),
    texts: {
      ...Object.fromEntries(Object.entries(names).map(([name, text]) => [name, String(text)])),
      ...PLACES[place],
      Word: capitalised(word),
      Words: capitalised(words),
      documented: documentedPath(names),
      listPolicy: list,
      showPolicy: show,
      migration: `Create${names.classes}${time}`,
      migrationFile: `${time}-create-${names.files}`,
      row: place === 'api' ? 'NovaApiRow' : 'NovaRow',
      listed: paging ? `Listed<${type}Row>` : `readonly ${type}Row[]`,
      index: `${table}_${indexed.filter((column) => column !== 'id').join('_')}_idx`,
      indexColumns: indexed.map((column) => `'${column}'`).join(', '),
      collection: belowServer ? `\`${path.replace(':server_id', '${scope.server.urlId}')}\`` : `'${path}'`,
      listUrl: belowServer ? `\`/v2.1/${path.replace(':server_id', '${server.uuid}')}\`` : `'/v2.1/${path}'`,
      parameters: parameters.join(', '),
      listArguments: given.join(', '),
      serverArgument: belowServer ? 'server, ' : '',
      serverParameter: belowServer ? 'server: Server, ' : '',
      lastParameter: belowServer ? 'server: Server' : '',
      id: isUuid ? 'uuid' : 'id',
      idWord: isUuid ? 'UUID' : 'number',
      asStored: isUuid ? 'asCompared' : 'asNumber',
      uuidColumn: isUuid ? "'uuid', " : '',
      uuidType: isUuid ? "'uuid' | " : '',
      idOfDay: isUuid ? 'uuid: randomUUID()' : 'id: day',
      serverColumn: belowServer ? 'instance_uuid: server.uuid, ' : '',
      deletedColumn: place === 'api' ? '' : ', deleted: 0',
      goneRow: place === 'api' ? '' : ', gone',
    },
  };
}
