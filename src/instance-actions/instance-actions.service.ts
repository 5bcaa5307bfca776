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

  /** @throws BadRequest for an unknown marker, or times in the wrong order */
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
    const isBeginning = marker === undefined && changes.since === undefined && changes.before === undefined;
    const beginning = isBeginning ? actions : undefined;
    return { items: actions, nextMarker: last && (await this.markerOf(server, last, beginning)) };
  }

  /**
   * @param lookup a `showLookup`
   * @throws NotFound if the server has no action with this request id
   */
  async show(server: Server, requestId: string, lookup: JoinedLookup): Promise<ActionWithEvents> {
    const newest = await this.store.newest(server, requestId, lookup);
    if (newest === undefined) throw new NotFound(`Action ${requestId} not found`);
    return newest;
  }

  /**
   * A request id names the newest action under it; `<request id>~n` the one that n newer ones precede. Nova
   * knows only the first form, and its links lead round in a circle where a request id occurs twice.
   */
  private async actionAtMarker(server: Server, marker: string): Promise<ActionRow> {
    const [, requestId, newer] = /^(.*)~(\d{1,9})$/s.exec(marker) ?? [];
    let action = (await this.store.byRequestId(server, marker))[0];
    if (action === undefined && requestId !== undefined) {
      action = (await this.store.byRequestId(server, requestId))[Number(newer)];
    }
    // The message names no marker, because Nova's does not.
    if (action === undefined) throw new BadRequest('Marker None could not be found.');
    return action;
  }

  /** @param beginning the server's newest actions down to this one, if they are known: they may save a query */
  private async markerOf(
    server: Server,
    action: ActionRow,
    beginning: readonly ActionRow[] | undefined,
  ): Promise<string> {
    const { id, request_id: requestId } = action;
    if (requestId === null) return 'None';
    const isEnough = beginning?.every((known) => isPlainRequestId(known.request_id)) ?? false;
    const known = isEnough
      ? (beginning ?? []).filter((other) => other.request_id === requestId)
      : await this.store.byRequestId(server, requestId);
    const newer = known.findIndex((other) => other.id === id);
    return newer > 0 ? `${requestId}~${newer}` : requestId;
  }
}

/** A request id as Nova makes them. No collation takes two different ones for equal. */
function isPlainRequestId(id: string | null): boolean {
  return id !== null && /^req-[0-9a-f-]{36}$/.test(id);
}
