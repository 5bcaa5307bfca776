import { Inject, Injectable } from '@nestjs/common';
import { access } from 'node:fs/promises';
import { errorCode, isMissingFile } from '../../common/error-code.js';
import { withTimeout } from '../../common/with-timeout.js';
import { Settings } from '../../config/settings.js';

/** How long the system may take to tell, in milliseconds. */
const TIME_LIMIT = 500;

/** The file by which an operator takes this replica out of service. */
@Injectable()
export class DrainFile {
  protected readonly access: (path: string) => Promise<void> = access;
  private isThere = false;
  private look: Promise<void> | undefined;

  constructor(@Inject(Settings) private readonly settings: Pick<Settings, 'HEALTHCHECK_DISABLE_FILE'>) {}

  /** Whether there is one. While the system cannot tell, as when a file server does not answer, the last answer counts. */
  async exists(): Promise<boolean> {
    const { HEALTHCHECK_DISABLE_FILE: path } = this.settings;
    if (path === undefined) return false;
    // One at a time: until it is answered, it occupies one of the few threads of the process.
    this.look ??= this.lookAt(path).finally(() => {
      this.look = undefined;
    });
    await withTimeout(TIME_LIMIT, this.look).catch(() => undefined);
    return this.isThere;
  }

  private async lookAt(path: string): Promise<void> {
    try {
      await this.access(path);
      this.isThere = true;
    } catch (error) {
      if (isMissingFile(errorCode(error))) this.isThere = false;
    }
  }
}
