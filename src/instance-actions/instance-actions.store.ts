import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
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

/** The questions that the action log asks of a server's database. Soft-deleted rows are never in an answer. */
@Injectable()
export class InstanceActionsStore {
  /** Of several actions under one request id, the newest; or after `skip` newer ones, the next. */
  async actionByRequestId(server: Server, requestId: string, skip = 0): Promise<ActionRow | undefined> {
    const [action] = await server.rows((source) =>
      newestFirst(actionsOf(source, server), undefined)
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
      const query = newestFirst(actionsOf(source, server), after);
      if (changes !== undefined) changedWithin(query, changes);
      return query.limit(limit).getRawMany<ActionRow>();
    });
  }

  /** How many actions under the same request id are newer than this one. */
  async newerUnderSameRequestId(server: Server, action: ActionRow): Promise<number> {
    const { created_at: createdAt, id, request_id: requestId } = action;
    const [counted] = await server.rows((source) =>
      actionsOf(source, server)
        .select('COUNT(*)', 'newer')
        .andWhere('item.request_id = :requestId', { requestId })
        .andWhere('(item.created_at > :createdAt OR (item.created_at = :createdAt AND item.id > :id))', {
          createdAt,
          id,
        })
        .getRawMany<{ newer: number | string }>(),
    );
    return Number(counted?.newer ?? 0);
  }

  /** The events of an action, newest first. */
  eventsOf(server: Server, action: ActionRow): Promise<EventRow[]> {
    return server.rows((source) =>
      newestFirst(selectRows(source, InstanceActionEvent, EVENT_COLUMNS), undefined)
        .andWhere('item.action_id = :actionId', { actionId: action.id })
        .getRawMany<EventRow>(),
    );
  }
}

function actionsOf(source: DataSource, server: Server): SelectQueryBuilder<InstanceAction> {
  return selectRows(source, InstanceAction, ACTION_COLUMNS).andWhere('item.instance_uuid = :uuid', {
    uuid: server.uuid,
  });
}
