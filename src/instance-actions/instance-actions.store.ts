import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import type { RawTime } from '../database/time.js';
import type { Changes } from '../nova/pagination/page.js';
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

/** The questions that the action log asks of a server's database. Soft-deleted rows are never in an answer. */
@Injectable()
export class InstanceActionsStore {
  /** Of several actions under one request id, the newest; or after `skip` newer ones, the next. */
  async actionByRequestId(server: Server, requestId: string, skip = 0): Promise<ActionRow | undefined> {
    const [action] = await server.rows((source) =>
      actionsOf(source, server)
        .andWhere('item.request_id = :requestId', { requestId: asCompared(requestId) })
        .offset(skip)
        .limit(1)
        .getRawMany<ActionRow>(),
    );
    return action;
  }

  /** Newest first: at most `limit` actions, of those that come after another one, that changed within a time. */
  actions(
    server: Server,
    page: { limit?: number; after?: ActionRow | undefined; changes?: Changes },
  ): Promise<ActionRow[]> {
    const { limit, after, changes } = page;
    return server.rows((source) => {
      const query = actionsOf(source, server);
      if (changes?.since !== undefined)
        query.andWhere('item.updated_at >= :since', { since: changes.since.text });
      if (changes?.before !== undefined)
        query.andWhere('item.updated_at <= :before', { before: changes.before.text });
      if (after !== undefined) startAfter(query, after);
      if (limit !== undefined) query.limit(limit);
      return query.getRawMany<ActionRow>();
    });
  }

  /** How many actions under the same request id are newer than this one. */
  async newerUnderSameRequestId(server: Server, action: ActionRow): Promise<number> {
    const [counted] = await server.rows((source) =>
      source
        .createQueryBuilder(InstanceAction, 'item')
        .select('COUNT(*)', 'newer')
        .where('item.instance_uuid = :uuid', { uuid: server.uuid })
        .andWhere('item.deleted = 0')
        .andWhere('item.request_id = :requestId', { requestId: action.request_id })
        .andWhere('(item.created_at > :createdAt OR (item.created_at = :createdAt AND item.id > :id))', {
          createdAt: action.created_at,
          id: action.id,
        })
        .getRawMany<{ newer: number | string }>(),
    );
    return Number(counted?.newer ?? 0);
  }

  /** The events of an action, newest first. */
  eventsOf(server: Server, action: ActionRow): Promise<EventRow[]> {
    return server.rows((source) =>
      selectColumns(source.createQueryBuilder(InstanceActionEvent, 'item'), EVENT_COLUMNS)
        .where('item.action_id = :actionId', { actionId: action.id })
        .andWhere('item.deleted = 0')
        .orderBy('item.created_at', 'DESC')
        .addOrderBy('item.id', 'DESC')
        .getRawMany<EventRow>(),
    );
  }
}

function actionsOf(source: DataSource, server: Server): SelectQueryBuilder<InstanceAction> {
  return selectColumns(source.createQueryBuilder(InstanceAction, 'item'), ACTION_COLUMNS)
    .where('item.instance_uuid = :uuid', { uuid: server.uuid })
    .andWhere('item.deleted = 0')
    .orderBy('item.created_at', 'DESC')
    .addOrderBy('item.id', 'DESC');
}

/** A marker without a time of creation leaves only the ids to go by, as in Nova. */
function startAfter(query: SelectQueryBuilder<InstanceAction>, marker: ActionRow): void {
  if (marker.created_at === null) {
    query.andWhere('item.id < :id', { id: marker.id });
  } else {
    query.andWhere('(item.created_at < :createdAt OR (item.created_at = :createdAt AND item.id < :id))', {
      createdAt: marker.created_at,
      id: marker.id,
    });
  }
}

function selectColumns<Entity extends object>(
  query: SelectQueryBuilder<Entity>,
  columns: readonly string[],
): SelectQueryBuilder<Entity> {
  query.select([]);
  for (const column of columns) query.addSelect(`item.${column}`, column);
  return query;
}

/** MySQL overlooks trailing spaces when it compares; so must every store, or a request id has two answers. */
function asCompared(text: string): string {
  return text.replace(/ +$/, '');
}
