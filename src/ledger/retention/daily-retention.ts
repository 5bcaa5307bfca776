import { type FactoryProvider, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { Settings } from '../../config/settings.js';
import type { Database } from '../../database/connection/database.js';
import { OwnStore } from '../../database/own-store/own-store.js';
import { horizonOf } from './age.js';
import { deleteOld } from './retention.js';

/** The time between two runs of the retention, and before the first one, in milliseconds. */
const INTERVAL = 24 * 3_600_000;
const FIRST_DELAY = 600_000;

/** Runs the retention once a day. Of several processes with one store, only one runs it at a time. */
export class DailyRetention implements OnApplicationShutdown {
  private readonly log = new Logger('Retention');
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param days the setting RETENTION; undefined to keep everything
   * @param delay the time before the first run, in milliseconds
   */
  constructor(
    private readonly store: Database,
    days: number | undefined,
    delay = FIRST_DELAY,
  ) {
    if (days !== undefined) this.runAfter(delay, days);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private runAfter(delay: number, days: number): void {
    this.timer = setTimeout(() => void this.run(days), delay).unref();
  }

  private async run(days: number): Promise<void> {
    try {
      await deleteOld(this.store, horizonOf(days));
    } catch (error) {
      this.log.warn(`the retention did not finish, and runs again later: ${errorText(error)}`);
    }
    if (this.timer !== undefined) this.runAfter(INTERVAL, days);
  }
}

/** Provides the daily retention of the own store. */
export const DAILY_RETENTION: FactoryProvider<DailyRetention> = {
  provide: DailyRetention,
  inject: [OwnStore, Settings],
  useFactory: ({ database }: OwnStore, { RETENTION }: Settings) => new DailyRetention(database, RETENTION),
};
