import { Inject, Injectable } from '@nestjs/common';
import { access } from 'node:fs/promises';
import { errorCode, isMissingFile } from '../../common/error-code.js';
import { withTimeout } from '../../common/with-timeout.js';
import { Settings } from '../../config/settings.js';

/** The timeout of a check, in milliseconds. */
const CHECK_TIMEOUT = 500;

/** The file HEALTHCHECK_DISABLE_FILE. An operator creates it to take this replica out of load balancing. */
@Injectable()
export class DrainFile {
  protected readonly access: (path: string) => Promise<void> = access;
  private wasFound = false;
  private check: Promise<void> | undefined;

  constructor(@Inject(Settings) private readonly settings: Pick<Settings, 'HEALTHCHECK_DISABLE_FILE'>) {}

  /**
   * Returns true if the file exists. If a check fails, for example because a file server hangs, it returns the result
   * of the last successful check.
   */
  async exists(): Promise<boolean> {
    const { HEALTHCHECK_DISABLE_FILE: path } = this.settings;
    if (path === undefined) return false;
    // Only one check runs at a time, because a check that hangs blocks one of the few threads of the process.
    this.check ??= this.checkFile(path).finally(() => {
      this.check = undefined;
    });
    await withTimeout(CHECK_TIMEOUT, this.check).catch(() => undefined);
    return this.wasFound;
  }

  private async checkFile(path: string): Promise<void> {
    try {
      await this.access(path);
      this.wasFound = true;
    } catch (error) {
      if (isMissingFile(errorCode(error))) this.wasFound = false;
    }
  }
}
