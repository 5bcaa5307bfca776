import { Injectable, Logger } from '@nestjs/common';
import { errorText } from '../common/error-text.js';
import { DatabaseUnavailable } from '../database/connection/database.js';
import type { Cursor } from '../ledger/search/search-query.js';
import { secondOf } from '../ledger/search/search-row.js';
import { ServiceUnavailable } from '../nova/fault/faults.js';
import type { ActionList } from './action-list.js';
import { ActionLogService, PART_SIZE, type ReadPage } from './action-log.service.js';
import type { LoggedAction } from './action-log.view.js';
import type { ExportedLine } from './export.view.js';
import { LargeReads } from './large-reads.js';

/** Exports lists of actions: all parts of a list, with one line for each action. Each part is a large read. */
@Injectable()
export class ExportService {
  private readonly logger = new Logger(ExportService.name);

  constructor(
    private readonly service: ActionLogService,
    private readonly largeReads: LargeReads,
  ) {}

  /**
   * Exports a list from the requested page to its end. The last line says that the list has ended, or has the cursor
   * with which the client can continue. `limit` in the query is the maximum number of actions.
   *
   * @param signal aborted if the export must end soon. The last line then has the cursor
   * @throws DatabaseUnavailable if the first part cannot be read
   * @throws ServiceUnavailable if the export must end before the first part
   * @throws TooManyExports or ServiceUnavailable if there are too many exports
   */
  async *lines(list: ActionList, signal: AbortSignal): AsyncGenerator<ExportedLine, void, undefined> {
    const close = this.largeReads.openExport(list.reader.name);
    try {
      yield* this.parts(list, signal);
    } finally {
      close();
    }
  }

  private async *parts(list: ActionList, signal: AbortSignal): AsyncGenerator<ExportedLine, void, undefined> {
    let left = list.query.limit ?? Infinity;
    let page = await this.read(list, list.start, signal);
    for (;;) {
      for (const action of page.actions) {
        yield action;
        left -= 1;
        if (left === 0 || signal.aborted) return yield { next: list.cursorOf(placeAfter(action)) };
      }
      const { next } = page.found;
      if (next === undefined) return yield { end: true };
      if (signal.aborted) return yield { next: list.cursorOf(next) };
      try {
        page = await this.read(list, next, signal);
      } catch (error) {
        if (error instanceof DatabaseUnavailable)
          this.logger.error(`an export ends early: ${errorText(error.cause)}`);
        // The signal was aborted while the export waited.
        else if (!(error instanceof ServiceUnavailable)) throw error;
        return yield { next: list.cursorOf(next) };
      }
    }
  }

  private read(list: ActionList, place: Cursor | undefined, signal: AbortSignal): Promise<ReadPage> {
    const read = (): Promise<ReadPage> => this.service.read(list, place, PART_SIZE, true);
    return this.largeReads.run(list.reader.name, signal, read);
  }
}

function placeAfter({ createdAt, full }: LoggedAction): Cursor {
  return { direction: 'next', second: secondOf(createdAt), id: full.copyId };
}
