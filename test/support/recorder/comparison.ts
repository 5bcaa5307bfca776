import { Place } from '../../../src/ledger/record/entry.js';
import type { CopiedRow, StoredRecord } from './stored-record.js';
import type { History, Row, Version } from './truth.js';
import type { Sighting } from './watcher.js';

/** The truth of a cell, and the readings of the cell by a recorder. */
export interface CellOfTruth {
  readonly uuid: string;
  readonly histories: readonly History[];
  readonly sightings: readonly Sighting[];
  /**
   * The time after a change in which the recorder reads an action in each round, in milliseconds. Later it reads an
   * action less often, and misses versions that are shorter than the pause.
   */
  readonly watchTime: number;
}

const TIMES = ['created_at', 'updated_at', 'deleted_at'];
const ACTION = [
  ...[
    'instance_uuid',
    'request_id',
    'action',
    'user_id',
    'project_id',
    'message',
    'start_time',
    'finish_time',
  ],
  ...TIMES,
];
const EVENT = [
  ...['action_id', 'event', 'host', 'result', 'traceback', 'details', 'start_time', 'finish_time', 'deleted'],
  ...TIMES,
];
/** A change of `task_state` or `updated_at` alone is not recorded. */
const SERVER = [
  ...['project_id', 'user_id', 'display_name', 'host', 'node', 'availability_zone', 'instance_type_id'],
  ...['vm_state', 'power_state', 'hidden', 'locked', 'locked_by', 'launched_at', 'terminated_at'],
  ...['created_at', 'deleted_at'],
];

/** Returns the differences between the copy and the truth: a sentence for each. */
export function copyProblems(cells: readonly CellOfTruth[], record: StoredRecord): string[] {
  const archived = archivedRows(record);
  return cells.flatMap((cell) => [
    ...tableProblems(cell, 'instance_actions', { copy: record.actions, archived }, actionText),
    ...tableProblems(cell, 'instances', { copy: record.servers, archived }, serverText),
  ]);
}

/** Returns the keys of the rows that the recorder has seen in the shadow tables. */
function archivedRows({ entries }: StoredRecord): ReadonlySet<string> {
  const keys = entries.flatMap((entry) => {
    const key = (table: History['table'], id: number): string =>
      `${table} ${entry.cellUuid} ${entry.epoch} ${id}`;
    if (entry.kind === 'archived') {
      const { actions, server } = entry.body;
      const ofActions = actions.map((id) => key('instance_actions', id));
      return server === null ? ofActions : [...ofActions, key('instances', server)];
    }
    if (entry.kind !== 'action' && entry.kind !== 'corrected' && entry.kind !== 'server') return [];
    const table = entry.kind === 'server' ? 'instances' : 'instance_actions';
    return entry.body.place === Place.shadow ? [key(table, entry.novaId ?? 0)] : [];
  });
  return new Set(keys);
}

interface Copy {
  readonly copy: readonly CopiedRow[];
  /** The keys of the rows that the recorder has seen in the shadow tables. */
  readonly archived: ReadonlySet<string>;
}

/** Returns the differences between the entries and the versions of the actions: a sentence for each. */
export function entryProblems(cells: readonly CellOfTruth[], record: StoredRecord): string[] {
  return cells.flatMap((cell) => {
    const recorded = new Set(
      record.entries.flatMap((entry) =>
        (entry.kind === 'action' || entry.kind === 'corrected') && entry.cellUuid === cell.uuid
          ? versionText(entry.body.action as unknown as Row, entry.body.events as unknown as Row[])
          : [],
      ),
    );
    const actions = cell.histories.filter(({ table }) => table === 'instance_actions');
    const committed = new Set(
      actions.flatMap(({ versions }) => versions.map(({ row, events }) => versionText(row, events))),
    );
    const missing = actions.flatMap((history) =>
      requiredVersions(history, cell).filter((text) => !recorded.has(text)),
    );
    return [
      ...[...recorded].filter((text) => !committed.has(text)).map((text) => `never committed: ${text}`),
      ...missing.map((text) => `seen, but not recorded: ${text}`),
    ];
  });
}

/** Returns the number of versions that a recorder has certainly seen, and that the record must therefore have. */
export function requiredCount(cells: readonly CellOfTruth[]): number {
  return cells
    .flatMap((cell) =>
      cell.histories
        .filter(({ table }) => table === 'instance_actions')
        .map((history) => requiredVersions(history, cell).length),
    )
    .reduce((sum, count) => sum + count, 0);
}

/** Returns the errors in the order of the entries. */
export function orderProblems({ entries }: StoredRecord): string[] {
  return entries.flatMap((entry, index) => {
    const before = entries[index - 1];
    const { position, recordedAt, previous } = entry;
    const linked = previous === null ? undefined : entries[previous - 1];
    return [
      ...(position === index + 1 ? [] : [`the entry ${index + 1} has the position ${position}`]),
      ...(before && before.recordedAt > recordedAt
        ? [`the time of ${position} is before that of the previous one`]
        : []),
      ...(previous === null || (linked?.novaId === entry.novaId && previous < position)
        ? []
        : [`the entry ${position} continues the entry ${previous} about another row`]),
    ];
  });
}

/** Returns the positions of entries that repeat the previous entry about the same action or server. */
export function doubledEntries({ entries }: StoredRecord): number[] {
  const last = new Map<string, string>();
  return entries.flatMap(({ kind, cell, epoch, novaId, body, position }) => {
    if (kind !== 'action' && kind !== 'server') return [];
    const [key, text] = [[kind, cell, epoch, novaId].join(), JSON.stringify(body)];
    const isDoubled = last.get(key) === text;
    last.set(key, text);
    return isDoubled ? [position] : [];
  });
}

function tableProblems(
  cell: CellOfTruth,
  table: History['table'],
  { copy, archived }: Copy,
  textOf: (row: Row) => string,
): string[] {
  const own = copy.filter((one) => one.cell === cell.uuid);
  const histories = cell.histories.filter((one) => one.table === table);
  const byId = new Map<number, CopiedRow[]>();
  for (const one of own) byId.set(one.row.id, [...(byId.get(one.row.id) ?? []), one]);
  const committed = new Set(histories.flatMap(({ versions }) => versions.map(({ row }) => textOf(row))));
  return [
    ...own
      .filter(({ row }) => table === 'instance_actions' && !committed.has(textOf(row)))
      .map(({ row }) => `${table}: copied, but never committed: ${textOf(row)}`),
    ...histories.flatMap((history) =>
      historyProblems(cell, history, { copy: byId.get(history.id) ?? [], archived }, textOf),
    ),
  ];
}

function historyProblems(
  { uuid, sightings }: CellOfTruth,
  history: History,
  { copy, archived }: Copy,
  textOf: (row: Row) => string,
): string[] {
  const last = history.versions.at(-1);
  if (last === undefined) return [];
  const { table } = history;
  const isThere = last.place <= Place.shadow;
  const name = `${table} ${textOf(last.row)}`;
  const found = copy.filter(({ row }) => identityOf(table, row) === identityOf(table, last.row));
  if (found.length === 0) {
    const wasSeen = history.versions.some((_, index) => isSeen(history, index, sightings));
    return isThere || wasSeen ? [`not copied: ${name}`] : [];
  }
  if (!isThere) {
    // If Nova archives and purges a row between two comparisons, the recorder sees only that the main table lacks it.
    const isExpected = ({ place, epoch }: CopiedRow): boolean =>
      place === last.place ||
      (place === Place.removed && !archived.has(`${table} ${uuid} ${epoch} ${history.id}`));
    return found.some(isExpected)
      ? []
      : [`${name}: the place is ${found.map(({ place }) => place).join()} instead of ${last.place}`];
  }
  const same = found.find(
    ({ row, place, events }) =>
      place === last.place && textOf(row) === textOf(last.row) && hasEvents(events, last),
  );
  if (same !== undefined) return [];
  return [
    `not current: ${name}, place ${last.place}, ${textsOf(last.events).join()}; copied: ${found
      .map(({ row, place, events }) => `${textOf(row)}, place ${place}, ${textsOf(events).join()}`)
      .join(' | ')}`,
  ];
}

/** Returns true if the copy has the events of a version. It may have more: events that Nova has deleted. */
function hasEvents(copied: readonly Row[], { events }: Version): boolean {
  const texts = new Set(textsOf(copied));
  return textsOf(events).every((text) => texts.has(text));
}

/**
 * Returns the texts of the versions that a round has certainly seen while Nova's main table had the action. A round may
 * miss a late version until one of the next rounds compares old rows, so only the last version is certain.
 */
function requiredVersions(history: History, { sightings, watchTime }: CellOfTruth): string[] {
  const { versions } = history;
  return versions.flatMap((version, index) => {
    const [before, next] = [versions[index - 1], versions[index + 1]];
    const isWatched = before === undefined || next === undefined || next.sent - before.done < watchTime;
    const isNoticed = next === undefined || !version.isLate;
    return isWatched && isNoticed && version.place === Place.main && isSeen(history, index, sightings)
      ? versionText(version.row, version.events)
      : [];
  });
}

/** Returns true if a recorder read the cell after the version was committed, and before the next one was. */
function isSeen({ versions }: History, index: number, sightings: readonly Sighting[]): boolean {
  const [version, next] = [versions[index], versions[index + 1]];
  if (version === undefined || version.place > Place.shadow) return false;
  let [low, high] = [0, sightings.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sightings[middle]?.readAt ?? 0) > version.done) high = middle;
    else low = middle + 1;
  }
  const first = sightings[low];
  return first !== undefined && (next === undefined || first.seenAt < next.sent);
}

function identityOf(table: History['table'], row: Row): string {
  return table === 'instances'
    ? textOfColumns({ ...row, uuid: row['uuid'] ?? row['server_uuid'] ?? null }, ['uuid', 'created_at'])
    : textOfColumns(row, [
        'instance_uuid',
        'request_id',
        'action',
        'user_id',
        'project_id',
        'start_time',
        'created_at',
      ]);
}

function versionText(action: Row, events: readonly Row[]): string {
  return `${actionText(action)} ${textsOf(events).join(' ')}`;
}

const actionText = (row: Row): string => textOfColumns(row, ACTION);
const serverText = (row: Row): string => textOfColumns(row, SERVER);
const textsOf = (events: readonly Row[]): string[] => events.map((row) => textOfColumns(row, EVENT));

/** Returns the values of a row as a text. Nova's times are whole seconds. */
function textOfColumns(row: Row, columns: readonly string[]): string {
  const values = columns.map((name) => {
    const value = row[name] ?? null;
    return typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.0+$/.test(value)
      ? value.slice(0, 19)
      : value;
  });
  return `${row.id}:${JSON.stringify(values)}`;
}
