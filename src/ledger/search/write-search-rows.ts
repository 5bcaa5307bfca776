import type { EntityManager } from 'typeorm';
import { inChunks, insertRows, upsertRows } from '../../database/rows/write-rows.js';
import type { SearchRow } from './search-row.js';

/** A table of the search. */
export interface SearchTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Returns the values of the rows of an action, in the order of the columns. */
  readonly valuesOf: (row: SearchRow) => readonly (readonly unknown[])[];
}

/** The columns of `search_actions`, with the values that they have in a search row. */
const FIELDS = {
  ...{ second: 'second', id: 'id', project: 'project', server: 'server', request: 'request', user: 'user' },
  ...{ action: 'action', state: 'state', position: 'position' },
  ...{ created_at: 'createdAt', started_at: 'startedAt', finished_at: 'finishedAt', updated_at: 'updatedAt' },
} as const satisfies Readonly<Record<string, keyof SearchRow>>;

const FIELD_NAMES = Object.values(FIELDS);

export const ACTION_ROWS: SearchTable = {
  name: 'search_actions',
  columns: Object.keys(FIELDS),
  valuesOf: (row) => [FIELD_NAMES.map((field) => row[field])],
};

export const HOST_ROWS: SearchTable = {
  name: 'search_hosts',
  columns: ['host', 'state', 'second', 'id', 'project'],
  valuesOf: ({ hosts, state, second, id, project }) =>
    hosts.map((host) => [host, state, second, id, project]),
};

/**
 * Inserts the search rows of actions, or replaces those that exist. Replaces the rows of their hosts, too.
 *
 * @param isNew true if none of the actions has search rows
 */
export async function writeSearchRows(
  manager: EntityManager,
  rows: readonly SearchRow[],
  isNew = false,
): Promise<void> {
  const { name, columns, valuesOf } = ACTION_ROWS;
  await upsertRows(manager, name, columns, rows.flatMap(valuesOf), 'id');
  const ids = rows.map(({ id }) => id);
  if (!isNew) await deleteByIds(manager, HOST_ROWS, ids);
  await insertRows(manager, HOST_ROWS.name, HOST_ROWS.columns, rows.flatMap(HOST_ROWS.valuesOf));
}

/** Deletes the search rows of actions. @param copyIds the ids of the actions in the copy */
export async function deleteSearchRows(manager: EntityManager, copyIds: readonly number[]): Promise<void> {
  await deleteByIds(manager, ACTION_ROWS, copyIds);
  await deleteByIds(manager, HOST_ROWS, copyIds);
}

async function deleteByIds(
  manager: EntityManager,
  { name }: SearchTable,
  ids: readonly number[],
): Promise<void> {
  await inChunks(ids, async (chunk, marks) => {
    await manager.query(`DELETE FROM ${name} WHERE id IN (${marks})`, chunk);
    return [];
  });
}
