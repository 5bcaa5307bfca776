import { Injectable } from '@nestjs/common';
import { answerDeadline } from '../database/connection/time-limits.js';
import { LogStore } from '../database/log-store.js';
import type { RecordKeys } from '../ledger/actions/record-keys.js';
import { StoredKeys } from '../ledger/actions/stored-keys.js';
import { cursorKeyNumber } from '../nova/pagination/cursor.js';

/** The keys of the store, from which the ids and the cursors that clients see are made. */
@Injectable()
export class LogKeys {
  private readonly stored: StoredKeys;

  constructor(log: LogStore) {
    this.stored = new StoredKeys({
      query: <Rows>(sql: string, values?: unknown[]) =>
        log.database.read<Rows>(answerDeadline(), (store) => store.query(sql, values)),
    });
  }

  /**
   * Returns the keys. Reads them only once, because a key never changes.
   *
   * @param cursor the cursor of the request. Another process may have made it with a newer key
   * @throws DatabaseUnavailable
   */
  read(cursor = ''): Promise<RecordKeys> {
    return this.stored.read(cursorKeyNumber(cursor));
  }
}
