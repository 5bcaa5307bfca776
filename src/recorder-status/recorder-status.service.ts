import { Injectable } from '@nestjs/common';
import { Cells } from '../database/cells/cells.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import { type RecorderStatus, recorderStatus } from '../ledger/cells/recorder-status.js';

@Injectable()
export class RecorderStatusService {
  constructor(private readonly cells: Cells) {}

  /**
   * Reads the state from the copy beside Nova, or from the own store.
   *
   * @throws DatabaseUnavailable
   */
  async status(): Promise<RecorderStatus> {
    const copy = this.cells.copy();
    if (copy !== undefined) return copy.database.read(answerDeadline(), recorderStatus);
    const [status] = await this.cells.api().rows(async (source) => [await recorderStatus(source)]);
    return status as RecorderStatus;
  }
}
