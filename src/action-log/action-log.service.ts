import { Injectable } from '@nestjs/common';
import { answerDeadline, timeLimits } from '../database/connection/time-limits.js';
import { LogStore } from '../database/log-store.js';
import { currentTime } from '../database/rows/time.js';
import { actionState, actionTimes } from '../ledger/actions/action-status.js';
import { type LogCell, logCells } from '../ledger/cells/log-cells.js';
import type { Cursor, Scope } from '../ledger/search/search-query.js';
import { timeOfSecond } from '../ledger/search/search-row.js';
import { type FoundPage, search } from '../ledger/search/search.js';
import type { ActionItem } from './action-finder.js';
import { ActionList, type Reader } from './action-list.js';
import type { ActionsQuery } from './action-log.query.js';
import type { ActionPage, LoggedAction } from './action-log.view.js';
import { LargeReads } from './large-reads.js';
import { LogKeys } from './log-keys.js';
import { loggedActions } from './logged-actions.js';
import { cellsOf, searchOf } from './search-query-of.js';
import { StableTimes } from './stable-until.js';

/** The actions of a page, the result of the search, and the cells of Nova before the search. */
export interface ReadPage {
  readonly actions: readonly LoggedAction[];
  readonly found: Omit<FoundPage, 'actions'>;
  readonly cells: readonly LogCell[];
}

/**
 * The maximum number of actions that one search reads. A search with more actions would delay other requests, because
 * the process computes their lines without a pause.
 */
export const PART_SIZE = 100;

/** Reads lists of actions, and single actions. */
@Injectable()
export class ActionLogService {
  private readonly stableTimes = new StableTimes();

  constructor(
    private readonly log: LogStore,
    private readonly keys: LogKeys,
    private readonly largeReads: LargeReads,
  ) {}

  /** Opens the list that a query describes. @throws CursorRejected or DatabaseUnavailable */
  async open(query: ActionsQuery, scope: Scope, reader: Reader): Promise<ActionList> {
    return new ActionList(query, scope, reader, await this.keys.read(query.cursor));
  }

  /**
   * Reads the requested page of a list. A page with events or with more actions than one part is a large read.
   *
   * @throws DatabaseUnavailable, or ServiceUnavailable if the page would wait too long for other large reads
   */
  async page(list: ActionList): Promise<ActionPage> {
    const { query, scope, reader, requestedAt } = list;
    const read = (): Promise<ReadPage> => this.readParts(list);
    const isLarge = query.include === 'events' || searchOf(query).limit > PART_SIZE;
    const { actions, found, cells } = isLarge
      ? await this.largeReads.run(reader.name, AbortSignal.timeout(timeLimits().answer), read)
      : await read();
    return {
      actions,
      next: found.next && list.cursorOf(found.next),
      previous: found.previous && list.cursorOf(found.previous),
      scannedTo: found.scannedTo,
      stableUntil: this.stableTimes.of(requestedAt, cells, found.indexed, scope),
    };
  }

  /** Reads the requested page in parts. A page with many actions has the budget of as many searches as parts. */
  private async readParts(list: ActionList): Promise<ReadPage> {
    const { query, start } = list;
    const { limit } = searchOf(query);
    const events = query.include === 'events';
    const deadline = answerDeadline();
    const direction = start?.direction ?? 'next';
    let page = await this.read(list, start, Math.min(limit, PART_SIZE), events, deadline);
    for (let read = PART_SIZE; read < limit; read += PART_SIZE) {
      const left = limit - page.actions.length;
      const place = page.found[direction];
      if (left === 0 || place === undefined) break;
      const part = await this.read(list, place, Math.min(left, PART_SIZE), events, deadline);
      page = joined(page, part, direction);
    }
    const end = page.found[direction];
    if (end === undefined || page.actions.length === limit) return page;
    // The last part may be full although the page is not.
    return { ...page, found: { ...page.found, scannedTo: timeOfSecond(end.second) } };
  }

  /**
   * Reads any part of a list.
   *
   * @param cursor the place at which the part begins
   * @param limit at most `PART_SIZE`
   * @param events true to read the events of the actions
   * @throws DatabaseUnavailable
   */
  read(
    { query, scope, reader, now, keys }: ActionList,
    cursor: Cursor | undefined,
    limit: number,
    events: boolean,
    deadline = answerDeadline(),
  ): Promise<ReadPage> {
    return this.log.database.read(deadline, async (store) => {
      const cells = await logCells(store);
      const wanted = { ...searchOf(query), scope, limit, now, cells: cellsOf(query.cell, cells) };
      const found = await search(store, wanted, { cursor, events, longTexts: reader.isInternal });
      return {
        actions: loggedActions(found.actions, { ids: keys.ids, cells, now }, events),
        ...{ found, cells },
      };
    });
  }

  /** Returns an action with its events and its status. @throws DatabaseUnavailable */
  async show({ full }: ActionItem): Promise<LoggedAction> {
    const { ids } = await this.keys.read();
    const now = currentTime();
    const cells = await this.log.database.read(answerDeadline(), logCells);
    const state = actionState(full);
    const action = { full, state, ...actionTimes(full, state) };
    return loggedActions([action], { ids, cells, now }, true)[0] as LoggedAction;
  }
}

/** Joins two parts of a page. @param direction the direction in which the second part follows the first one */
function joined(first: ReadPage, second: ReadPage, direction: Cursor['direction']): ReadPage {
  const parts = direction === 'next' ? [first, second] : [second, first];
  return {
    ...first,
    actions: parts.flatMap(({ actions }) => actions),
    found: { ...first.found, [direction]: second.found[direction] },
  };
}
