import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { ALL, type Lookup } from '../database/batch.js';
import { asCompared, selectRows } from '../database/rows.js';
import type { RawTime } from '../database/time.js';
import { changedWithin, type Changes, newestFirst } from '../nova/pagination/page.js';
import type { Server } from '../nova/servers/server.js';
import { InstanceActionEvent } from './instance-action-event.entity.js';
import { InstanceAction } from './instance-action.entity.js';

/** An action as it is read: the columns that a view or an order needs, as the database hands them over. */
export interface ActionRow {
  readonly id: number;
  readonly action: string | null;
  readonly instance_uuid: string | null;
  readonly request_id: string | null;
  readonly user_id: string | null;
  readonly project_id: string | null;
  readonly message: string | null;
  readonly start_time: RawTime | null;
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
}

/** An event as it is read. */
export interface EventRow {
  readonly event: string | null;
  readonly result: string | null;
  readonly traceback: string | null;
  readonly host: string | null;
  readonly details: string | null;
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
}

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
] as const satisfies readonly (keyof ActionRow & keyof InstanceAction)[];

const EVENT_COLUMNS = [
  'event',
  'result',
  'traceback',
  'host',
  'details',
  'start_time',
  'finish_time',
] as const satisfies readonly (keyof EventRow & keyof InstanceActionEvent)[];

/** Of a server's actions under one request id, newest first, so many after leaving out so many. */
const BY_REQUEST_ID: Lookup = {
  keys: 100,
  batches: 4,
  sql: (source) => {
    const query = newestFirst(actionsOfKey(source), undefined).andWhere('item.request_id = ?');
    return `${query.getQuery()} LIMIT 1 OFFSET ?`;
  },
};

/** A server's newest actions, so many at most. Nova's tables have no index for it: where there are many, it takes long. */
const NEWEST: Lookup = {
  keys: 4,
  batches: 8,
  sql: (source) => `${newestFirst(actionsOfKey(source), undefined).getQuery()} LIMIT ?`,
};

/** How many of a server's actions under one request id are newer than a time, given twice, or of it and have a higher id. */
const NEWER_UNDER_SAME_REQUEST_ID: Lookup = {
  keys: 100,
  batches: 4,
  sql: (source) =>
    actionsOfKey(source)
      .select('COUNT(*)', 'newer')
      .andWhere('item.request_id = ?')
      .andWhere('(item.created_at > ? OR (item.created_at = ? AND item.id > ?))')
      .getQuery(),
};

/** The events of an action, newest first. */
const EVENTS_OF: Lookup = {
  keys: 100,
  batches: 4,
  sql: (source) => {
    const query = selectRows(source, InstanceActionEvent, EVENT_COLUMNS).andWhere('item.action_id = ?');
    return `${newestFirst(query, undefined).getQuery()} LIMIT ${ALL}`;
  },
};

/** Pages of so many actions at most are asked for together with others. */
const SHORT = 100;

/** The questions that the action log asks of a server's database. Soft-deleted rows are never in an answer. */
@Injectable()
export class InstanceActionsStore {
  /** Of several actions under one request id, the newest; or after `skip` newer ones, the next. */
  async actionByRequestId(server: Server, requestId: string, skip = 0): Promise<ActionRow | undefined> {
    const key = [server.uuid, asCompared(requestId), skip];
    const [action] = await server.load<ActionRow>(BY_REQUEST_ID, key);
    return action;
  }

  /** Newest first: at most `limit` actions, of those that come after another one, that changed within a time. */
  actions(
    server: Server,
    page: { limit?: number; after?: ActionRow | undefined; changes?: Changes },
  ): Promise<ActionRow[]> {
    const { limit, after, changes } = page;
    const isFirst = after === undefined && changes?.since === undefined && changes?.before === undefined;
    if (isFirst && limit !== undefined && limit <= SHORT) return server.load(NEWEST, [server.uuid, limit]);
    return server.rows((source) => {
      const ofServer = actions(source).andWhere('item.instance_uuid = :uuid', { uuid: server.uuid });
      const query = newestFirst(ofServer, after);
      if (changes !== undefined) changedWithin(query, changes);
      return query.limit(limit).getRawMany<ActionRow>();
    });
  }

  /** How many actions under the same request id are newer than this one. */
  async newerUnderSameRequestId(server: Server, action: ActionRow): Promise<number> {
    const { created_at: createdAt, id, request_id: requestId } = action;
    // Null is equal to nothing, and newer than nothing.
    if (createdAt === null || requestId === null) return 0;
    const key = [server.uuid, requestId, createdAt, createdAt, id];
    const [counted] = await server.load<{ newer: number | string }>(NEWER_UNDER_SAME_REQUEST_ID, key);
    return Number(counted?.newer ?? 0);
  }

  /** The events of an action, newest first. */
  eventsOf(server: Server, action: ActionRow): Promise<EventRow[]> {
    return server.load(EVENTS_OF, [action.id]);
  }
}

function actions(source: DataSource): SelectQueryBuilder<InstanceAction> {
  return selectRows(source, InstanceAction, ACTION_COLUMNS);
}

/** Of the server that a lookup's key begins with. */
function actionsOfKey(source: DataSource): SelectQueryBuilder<InstanceAction> {
  return actions(source).andWhere('item.instance_uuid = ?');
}
