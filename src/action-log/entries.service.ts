import { Injectable } from '@nestjs/common';
import { answerDeadline } from '../database/connection/time-limits.js';
import { LogStore } from '../database/log-store.js';
import { copyId } from '../ledger/copy/copy-id.js';
import type { Entry } from '../ledger/record/entry.js';
import { historyPage } from '../ledger/record/history.js';
import type { ActionItem } from './action-finder.js';
import type { EntriesQuery } from './action-log.query.js';
import { openedCursor, sealedCursor } from './cursors.js';
import type { ActionEntry, EntriesPage } from './entries.view.js';
import { LogKeys } from './log-keys.js';
import { pageSize } from './search-query-of.js';

/** Reads the history of actions: the entries of the record about each action alone. */
@Injectable()
export class EntriesService {
  constructor(
    private readonly log: LogStore,
    private readonly keys: LogKeys,
  ) {}

  /**
   * Reads a page of the history of an action, the newest entry first.
   *
   * @throws CursorRejected
   * @throws DatabaseUnavailable
   */
  async page({ full }: ActionItem, query: EntriesQuery): Promise<EntriesPage> {
    const keys = await this.keys.read(query.cursor);
    const binding = JSON.stringify(['entries', full.copyId]);
    const { cursor } = query;
    const position = cursor === undefined ? full.position : openedCursor(keys, cursor, binding).id;
    if (position === null) return { entries: [], next: undefined };
    const limit = pageSize(query);
    const found = await this.log.database.read(answerDeadline(), (store) =>
      historyPage(store, position, limit),
    );
    const previous = found.length === limit ? (found.at(-1)?.previous ?? null) : null;
    return {
      entries: found.filter(isAboutAction).map((entry) => ({
        entry,
        eventIds: keys.ids.permute(
          'event',
          entry.body.events.map(({ id }) => copyId({ ...entry, id })),
        ),
      })),
      next:
        previous === null
          ? undefined
          : sealedCursor(keys, { direction: 'next', second: 0, id: previous }, binding),
    };
  }
}

function isAboutAction(entry: Entry): entry is ActionEntry {
  return entry.kind === 'action' || entry.kind === 'corrected';
}
