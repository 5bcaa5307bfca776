import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import type { JoinedLookup, Lookup } from '../database/rows/lookup.js';
import { type RawRow, selectRows } from '../database/rows/rows.js';
import { Microversion } from '../nova/microversion/microversion.js';
import {
  compareNewestFirst,
  filterByChangeSecond,
  type ChangePeriod,
  orderNewestFirst,
} from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import type { Server } from '../nova/servers/server.js';
import type { InstanceActionEvent } from './instance-action-event.entity.js';
import { InstanceAction } from './instance-action.entity.js';

const EVENTS_FOR_ALL = Microversion.of(2, 51);
const HOSTS = Microversion.of(2, 62);
const DETAILS = Microversion.of(2, 84);

const ACTION_COLUMNS = [
  'id',
  'action',
  'instance_uuid',
  'request_id',
  'user_id',
  'project_id',
  'message',
  'start_time',
  'created_at',
  'updated_at',
] as const;

export type ActionRow = RawRow<InstanceAction, (typeof ACTION_COLUMNS)[number]>;

const EVENT_COLUMNS = ['id', 'event', 'result', 'start_time', 'finish_time', 'created_at'] as const;

/** A column of events that only some callers may see. Queries for other callers do not read it. */
type GuardedColumn = 'traceback' | 'host' | 'details';

export type EventRow = RawRow<InstanceActionEvent, (typeof EVENT_COLUMNS)[number]> & {
  /** The value of the column; undefined if the query did not read it. */
  readonly [Column in GuardedColumn]: InstanceActionEvent[Column] | undefined;
};

/** One action and its events. The events are undefined if the caller may not see them. */
export interface ActionWithEvents {
  readonly action: ActionRow;
  readonly events: readonly EventRow[] | undefined;
}

/** The lookup of a server's actions with one request id, nearly always one action. */
const BY_REQUEST_ID: JoinedLookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: '{instance_actions}', columns: ['instance_uuid', 'request_id'] },
  select: ACTION_COLUMNS.map((column) => `item.${column}`).join(', '),
  from: `{instance_actions} item ON item.instance_uuid = wanted.instance_uuid
    AND item.request_id = wanted.request_id AND item.deleted = 0`,
};

const lookups = new Map<string, JoinedLookup>();

/**
 * Returns the lookup of a server's actions by request id, with the columns of their events that the caller may see. The
 * result has one row for each event, and one row for an action without events. Callers with the same rights get the
 * same object.
 */
export function showLookup(access: Access, version: Microversion): JoinedLookup {
  const columns = guardedColumns(access, version);
  if (columns === undefined) return BY_REQUEST_ID;
  const name = columns.join();
  let lookup = lookups.get(name);
  if (lookup === undefined) {
    const read = [...EVENT_COLUMNS, ...columns].map((column) => `event.${column} AS event_${column}`);
    lookup = {
      ...BY_REQUEST_ID,
      select: `${BY_REQUEST_ID.select}, ${read.join(', ')}`,
      from: `${BY_REQUEST_ID.from}
        LEFT JOIN {instance_actions_events} event ON event.action_id = item.id AND event.deleted = 0`,
    };
    lookups.set(name, lookup);
  }
  return lookup;
}

/**
 * Returns the guarded columns that a caller may see; undefined if the caller may not see events (a tenant before
 * microversion 2.51). The query reads no guarded column that the caller may not see, so that neither the response nor
 * its duration reveals its content.
 */
function guardedColumns({ view, fields }: Access, version: Microversion): GuardedColumn[] | undefined {
  if (view === 'external' && !version.atLeast(EVENTS_FOR_ALL)) return undefined;
  const columns: GuardedColumn[] = [];
  if (view === 'internal') columns.push('traceback');
  if (version.atLeast(HOSTS)) columns.push('host');
  if (version.atLeast(DETAILS) && fields['details'] === true) columns.push('details');
  return columns;
}

type ActionAndEvent = ActionRow & {
  readonly [Column in keyof EventRow as `event_${Column}`]: Column extends 'id'
    ? number | null
    : EventRow[Column];
};

/**
 * The lookup of a server's newest actions, up to a limit. Nova's tables have no index for this order, so the query
 * takes long if the server has many actions.
 */
const NEWEST: Lookup = {
  maxKeys: 4,
  maxInFlight: 8,
  sql: (source) =>
    `${orderNewestFirst(actions(source).andWhere('item.instance_uuid = ?'), undefined).getQuery()} LIMIT ?`,
};

/** The maximum size of a page that shares its query with the pages of other waiting requests. */
const MAX_BATCHED_LIMIT = 100;

/** Queries the actions in a server's database. Never returns soft-deleted rows. */
@Injectable()
export class InstanceActionsStore {
  /** Returns a server's actions with one request id, newest first. */
  async byRequestId(server: Server, requestId: string): Promise<ActionRow[]> {
    return (await server.load<ActionRow>(BY_REQUEST_ID, [requestId])).sort(compareNewestFirst);
  }

  /**
   * Returns the newest action with a request id. If the lookup reads events, the result includes those of the action,
   * newest first. Reads the copy of Nova's rows if Nova does not have the action.
   *
   * @param lookup the result of `showLookup` for the caller
   */
  async newest(
    server: Server,
    requestId: string,
    lookup: JoinedLookup,
  ): Promise<ActionWithEvents | undefined> {
    const rows = await server.load<ActionAndEvent>(lookup, [requestId], { orCopy: true });
    const [action] = rows.sort(compareNewestFirst);
    if (action === undefined || lookup === BY_REQUEST_ID) return action && { action, events: undefined };
    const events = rows.filter(({ id }) => id === action.id).map(eventOf);
    return { action, events: events.filter((event) => event !== undefined).sort(compareNewestFirst) };
  }

  /**
   * Returns a server's actions, newest first. `page` contains the maximum number of actions, the action after which the
   * page begins, and the period in which the actions must have changed.
   */
  actions(
    server: Server,
    page: { limit?: number; after?: ActionRow | undefined; changes?: ChangePeriod },
  ): Promise<ActionRow[]> {
    const { limit, after, changes } = page;
    const isFirst = after === undefined && changes?.since === undefined && changes?.before === undefined;
    if (isFirst && limit !== undefined && limit <= MAX_BATCHED_LIMIT) return server.load(NEWEST, [limit]);
    return server.rows((source) => {
      const ofServer = actions(source).andWhere('item.instance_uuid = :uuid', { uuid: server.uuid });
      const query = orderNewestFirst(ofServer, after);
      if (changes !== undefined) filterByChangeSecond(query, changes);
      return query.limit(limit).getRawMany<ActionRow>();
    });
  }
}

function actions(source: DataSource): SelectQueryBuilder<InstanceAction> {
  return selectRows(source, InstanceAction, ACTION_COLUMNS);
}

function eventOf(row: ActionAndEvent): EventRow | undefined {
  if (row.event_id === null) return undefined;
  return {
    id: row.event_id,
    event: row.event_event,
    result: row.event_result,
    start_time: row.event_start_time,
    finish_time: row.event_finish_time,
    created_at: row.event_created_at,
    traceback: row.event_traceback,
    host: row.event_host,
    details: row.event_details,
  };
}
