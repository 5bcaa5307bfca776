import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import {
  type CopiedEvent,
  type EntryWithRows,
  writeActions,
  writeEvents,
  writeServers,
} from './copied-rows.js';
import { copyId } from './copy-id.js';
import { settleDuplicates } from './duplicates.js';
import { type Entry, type EntryKind, Place, type VanishedBody } from '../record/entry.js';
import { epochOf, type Epochs, readEpochs, writeEpochs } from './epochs.js';
import { inChunks, upsertRows } from '../../database/rows/write-rows.js';

type Vanished = Extract<Entry, { kind: 'archived' | 'purged' | 'removed' }>;

const PLACES = { archived: Place.shadow, purged: Place.purged, removed: Place.removed } as const;

/**
 * Applies entries of the record to the copy. An entry never replaces values from a newer entry, so the caller may pass
 * the same entries again. The copy does not contain the store's own actions.
 *
 * @param manager the entity manager of a transaction
 * @param epochs the epochs of all cells; without them, the function reads them from the store
 */
export async function project(
  manager: EntityManager,
  entries: readonly Entry[],
  epochs?: Epochs,
): Promise<void> {
  const copied = entries.filter(({ cell }) => cell !== 0);
  if (copied.length === 0) return;
  await writeEpochs(manager, ofKinds(copied, ['epoch']));
  const hasNewEpoch = copied.some(({ kind }) => kind === 'epoch');
  const known = epochs === undefined || hasNewEpoch ? await readEpochs(manager) : epochs;
  const withRows = ofKinds(copied, ['action', 'corrected', 'server']);
  const vanished = ofKinds(copied, ['archived', 'purged', 'removed']);
  await writeActions(manager, withRows);
  await writeEvents(
    manager,
    withRows.flatMap((entry) => eventsOf(entry, known)),
  );
  await writeServers(manager, withRows);
  await writePlaces(manager, 'copied_instance_actions', vanished, ({ actions }) => actions);
  await writePlaces(manager, 'copied_instances', vanished, ({ server }) => (server === null ? [] : [server]));
  await writeGaps(manager, ofKinds(copied, ['gap']));
  const all = [...withRows, ...vanished];
  const restored = uuidsOf(all.filter(({ epoch }) => epoch > 0));
  const isAboutServer = ({ kind, epoch }: Entry): boolean =>
    epoch > 0 || (kind !== 'action' && kind !== 'corrected');
  const written = new Set(uuidsOf(all.filter(isAboutServer)));
  const others = uuidsOf(all).filter((uuid) => !written.has(uuid));
  await settleDuplicates(manager, [...written], others, restored);
}

function ofKinds<Kind extends EntryKind>(
  entries: readonly Entry[],
  kinds: readonly Kind[],
): Extract<Entry, { kind: Kind }>[] {
  const isOfKind = (entry: Entry): entry is Extract<Entry, { kind: Kind }> =>
    (kinds as readonly EntryKind[]).includes(entry.kind);
  return entries.filter(isOfKind);
}

function eventsOf(entry: EntryWithRows, epochs: Epochs): CopiedEvent[] {
  if (entry.kind === 'server') return [];
  const { cell, epoch, position, body } = entry;
  const actionId = copyId({ cell, epoch, id: body.action.id });
  return body.events.map((event) => {
    const id = copyId({ cell, epoch: epochOf(event.id, entry, epochs), id: event.id });
    return { id, actionId, event, position };
  });
}

/** Writes the places of rows that Nova has moved or deleted. Does not change a place that a newer entry has written. */
async function writePlaces(
  manager: EntityManager,
  table: string,
  entries: readonly Vanished[],
  idsOf: (body: VanishedBody) => readonly number[],
): Promise<void> {
  const newest = new Map<number, Vanished>();
  for (const entry of entries)
    for (const id of idsOf(entry.body)) newest.set(copyId({ ...entry, id }), entry);
  await inChunks([...newest], async (chunk, marks) => {
    const groups = [...groupBy(chunk, ([, entry]) => entry)];
    const values = groups.map(([{ kind, position }, rows]) => {
      const condition = [...rows.map(([id]) => id), position];
      return { place: [...condition, PLACES[kind]], touched: [...condition, position] };
    });
    const cases = groups
      .map(([, rows]) => `WHEN id IN (${rows.map(() => '?').join()}) AND touched <= ? THEN ?`)
      .join(' ');
    // MariaDB assigns the columns from left to right. The conditions read `touched`, so this column must come last.
    const change = `place = CASE ${cases} ELSE place END, touched = CASE ${cases} ELSE touched END`;
    await manager.query(`UPDATE ${table} SET ${change} WHERE id IN (${marks})`, [
      ...values.flatMap(({ place }) => place),
      ...values.flatMap(({ touched }) => touched),
      ...chunk.map(([id]) => id),
    ]);
    return [];
  });
}

function writeGaps(manager: EntityManager, gaps: readonly Extract<Entry, { kind: 'gap' }>[]): Promise<void> {
  const columns = ['from_id', 'to_id', 'void_ids', 'from_time', 'to_time', 'grade'] as const;
  const rows = gaps.map(({ position, cell, body }) => [position, cell, ...columns.map((name) => body[name])]);
  return upsertRows(manager, 'record_gaps', ['position', 'cell', ...columns], rows, 'position');
}

function uuidsOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.flatMap(({ serverUuid }) => serverUuid ?? []))];
}
