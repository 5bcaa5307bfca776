import type { EntityManager } from 'typeorm';
import { type RawTime, sortableTime } from '../database/rows/time.js';
import { upsertRows } from '../database/rows/write-rows.js';
import { readActions } from '../ledger/actions/action-rows.js';
import type { FullAction, FullEvent, Outcome, ServerFacts } from '../ledger/actions/full-action.js';
import { ACTION_COLUMNS, EVENT_COLUMNS, type NovaEvent } from '../ledger/record/nova-rows.js';
import type { UnsavedAction, UnsavedEvent } from './written-action.js';
import { insertEvents } from './written-rows.js';

/** A version of an action: of an earlier import, or of a line. */
interface Version {
  readonly updatedAt: RawTime | null;
  readonly outcome: Outcome | null;
  readonly rows: readonly object[];
}

/** The columns whose values belong to one store. */
const OF_STORE: readonly string[] = ['id', 'action_id'];
const COLUMNS = new Set([...ACTION_COLUMNS, ...EVENT_COLUMNS].filter((column) => !OF_STORE.includes(column)));

/**
 * Locks actions of earlier imports until the end of the transaction. It must be the first statement of the transaction,
 * as in `lockWritten`.
 */
export async function lockImported(manager: EntityManager, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const marks = ids.map(() => '?').join();
  await manager.query(`UPDATE written_actions SET uses = uses + 1 WHERE action_id IN (${marks})`, [...ids]);
}

/** Returns true if a line has a newer version of an action than an earlier line. */
export function isNewerLine(line: UnsavedAction, earlier: UnsavedAction): boolean {
  return isNewer(versionOf(line), versionOf(earlier));
}

/**
 * Replaces actions by newer versions of them. It changes and adds events, but deletes none.
 *
 * @param versions by the ids of the locked actions. A version that is older than that of the store has no effect
 * @returns the changed actions, which have no entry about this change yet
 */
export async function replaceOlder(
  manager: EntityManager,
  versions: ReadonlyMap<number, UnsavedAction>,
  servers: ReadonlyMap<string, ServerFacts>,
): Promise<FullAction[]> {
  if (versions.size === 0) return [];
  const stored = await readActions(manager, [...versions.keys()], { events: true });
  const changed = [...versions].flatMap(([id, version]) => {
    const full = stored.get(id);
    return full !== undefined && isNewer(versionOf(version), storedVersion(full)) ? [{ full, version }] : [];
  });
  const paired = changed.map(({ full, version }) => ({
    full,
    version,
    ...pairs(full.events, version.events),
  }));
  const actions = changed.map(({ full, version }) => ({ id: full.action.id, ...version.row }));
  await replaceRows(manager, 'instance_actions', ACTION_COLUMNS, actions);
  const events = paired.flatMap(({ replaced }) => replaced);
  await replaceRows(manager, 'instance_actions_events', EVENT_COLUMNS, events);
  const added = await insertEvents(
    manager,
    paired.flatMap(({ full, unknown }) => unknown.map((event) => ({ ...event, actionId: full.copyId }))),
  );
  const stated = changed.map(({ full, version }) => [
    ...[full.copyId, full.written?.writer, version.outcome, version.digest],
  ]);
  const columns = ['action_id', 'writer', 'outcome', 'digest'];
  await upsertRows(manager, 'written_actions', columns, stated, 'action_id', (given) => [
    `outcome = ${given('outcome')}`,
    `digest = ${given('digest')}`,
  ]);
  return paired.map(({ full, version, kept, replaced }): FullAction => {
    const { row, outcome } = version;
    return {
      ...full,
      action: { id: full.action.id, ...row },
      events: [
        ...[...kept, ...replaced].sort((one, other) => one.id - other.id),
        ...added.filter(({ action_id }) => action_id === full.action.id),
      ],
      server: servers.get(row.instance_uuid ?? '') ?? full.server,
      written: full.written && { ...full.written, outcome },
    };
  });
}

/**
 * Returns true if a version is not older than another one. Nova's times have whole seconds, so two versions may have the
 * same time. Then the version with fewer values is the older one, because a change adds values.
 */
function isNewer(one: Version, other: Version): boolean {
  const [time, otherTime] = [sortableTime(one.updatedAt), sortableTime(other.updatedAt)];
  return time > otherTime || (time === otherTime && valuesIn(one) >= valuesIn(other));
}

function versionOf({ row, events, outcome }: UnsavedAction): Version {
  return { updatedAt: row.updated_at, outcome, rows: [row, ...events.map((event) => event.row)] };
}

function storedVersion({ action, events, written }: FullAction): Version {
  return { updatedAt: action.updated_at, outcome: written?.outcome ?? null, rows: [action, ...events] };
}

/** Returns the number of the values of a version that are known. */
function valuesIn({ outcome, rows }: Version): number {
  const isResult = outcome === 'success' || outcome === 'error';
  const counts = rows.map(
    (row) =>
      Object.entries(row).filter(([column, value]) => COLUMNS.has(column as never) && value !== null).length,
  );
  return counts.reduce((sum, count) => sum + count, isResult ? 1 : 0);
}

/** The events of an action and of its newer version. */
interface Pairs {
  /** The events that the newer version does not have. */
  readonly kept: readonly FullEvent[];
  /** The events that both have, with the values of the newer version. */
  readonly replaced: readonly FullEvent[];
  /** The events that only the newer version has. */
  readonly unknown: readonly UnsavedEvent[];
}

/** Pairs events that have the same name and the same start. */
function pairs(stored: readonly FullEvent[], events: readonly UnsavedEvent[]): Pairs {
  const kept = [...stored];
  const replaced: FullEvent[] = [];
  const unknown: UnsavedEvent[] = [];
  for (const event of events) {
    const index = kept.findIndex((one) => isSame(one, event.row));
    const [pair] = index === -1 ? [] : kept.splice(index, 1);
    if (pair === undefined) unknown.push(event);
    else replaced.push({ ...pair, ...event.row });
  }
  return { kept, replaced, unknown };
}

function isSame(one: Pick<NovaEvent, 'event' | 'start_time'>, other: typeof one): boolean {
  return one.event === other.event && sortableTime(one.start_time) === sortableTime(other.start_time);
}

/** Replaces the values of rows that exist. */
async function replaceRows<Column extends string>(
  manager: EntityManager,
  table: string,
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, unknown>>[],
): Promise<void> {
  const values = rows.map((row) => columns.map((column) => row[column]));
  await upsertRows(manager, table, columns, values, 'id');
}
