import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { JoinedLookup } from '../database/rows/lookup.js';
import { BadRequest, NotFound } from '../nova/fault/faults.js';
import { lastItemOfFullPage, type ListPage, pageLimit, readChangePeriod } from '../nova/pagination/page.js';
import type { Server } from '../nova/servers/server.js';
import { type ListQuery, PagedQuery } from './instance-actions.query.js';
import { type ActionRow, type ActionWithEvents, InstanceActionsStore } from './instance-actions.store.js';

@Injectable()
export class InstanceActionsService {
  constructor(
    private readonly settings: Settings,
    private readonly store: InstanceActionsStore,
  ) {}

  /**
   * Returns a page of a server's actions, newest first.
   *
   * @throws BadRequest for an unknown marker, or if changes-before is earlier than changes-since
   */
  async list(server: Server, query: ListQuery): Promise<ListPage<ActionRow>> {
    if (!(query instanceof PagedQuery)) {
      return { items: await this.store.actions(server, {}), nextMarker: undefined };
    }
    const changes = readChangePeriod(query);
    const { marker } = query;
    const limit = pageLimit(query, this.settings.MAX_LIMIT);
    if (limit === 0) return { items: [], nextMarker: undefined };
    const after = marker === undefined ? undefined : await this.actionAtMarker(server, marker);
    const actions = await this.store.actions(server, { limit, after, changes });
    const last = lastItemOfFullPage(actions, limit);
    const isFirstPage = marker === undefined && changes.since === undefined && changes.before === undefined;
    const newestActions = isFirstPage ? actions : undefined;
    return { items: actions, nextMarker: last && (await this.markerOf(server, last, newestActions)) };
  }

  /**
   * Returns the newest action with a request id, and its events.
   *
   * @param lookup the result of `showLookup` for the caller
   * @throws NotFound if the server has no action with this request id
   */
  async show(server: Server, requestId: string, lookup: JoinedLookup): Promise<ActionWithEvents> {
    const newest = await this.store.newest(server, requestId, lookup);
    if (newest === undefined) throw new NotFound(`Action ${requestId} not found`);
    return newest;
  }

  /**
   * Returns the action that a marker identifies. A request id identifies the newest action with that id. `<request
   * id>~n` identifies an older action with the same request id, which n newer actions share. Nova has only markers
   * without `~n`: if two actions share a request id, Nova's links can lead to the same page endlessly.
   */
  private async actionAtMarker(server: Server, marker: string): Promise<ActionRow> {
    const [, requestId, newer] = /^(.*)~(\d{1,9})$/s.exec(marker) ?? [];
    let action = (await this.store.byRequestId(server, marker))[0];
    if (action === undefined && requestId !== undefined) {
      action = (await this.store.byRequestId(server, requestId))[Number(newer)];
    }
    // As in Nova, the message contains `None` instead of the marker.
    if (action === undefined) throw new BadRequest('Marker None could not be found.');
    return action;
  }

  /**
   * Returns the marker of an action.
   *
   * @param newestActions the server's newest actions, up to and including this one. If all of them have plain request
   *   ids, no query is needed
   */
  private async markerOf(
    server: Server,
    action: ActionRow,
    newestActions: readonly ActionRow[] | undefined,
  ): Promise<string> {
    const { id, request_id: requestId } = action;
    if (requestId === null) return 'None';
    const isEnough = newestActions?.every((known) => isPlainRequestId(known.request_id)) ?? false;
    const known = isEnough
      ? (newestActions ?? []).filter((other) => other.request_id === requestId)
      : await this.store.byRequestId(server, requestId);
    const newer = known.findIndex((other) => other.id === id);
    return newer > 0 ? `${requestId}~${newer}` : requestId;
  }
}

/**
 * Returns true for a plain request id: one in the form that Nova creates. MariaDB compares texts by collations, but no
 * collation treats two such ids as equal unless they are identical.
 */
function isPlainRequestId(id: string | null): boolean {
  return id !== null && /^req-[0-9a-f-]{36}$/.test(id);
}
