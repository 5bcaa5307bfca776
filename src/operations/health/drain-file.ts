import { Inject, Injectable } from '@nestjs/common';
import { access } from 'node:fs/promises';
import { Settings } from '../../config/settings.js';

/** Errors that mean that there is no file. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);

/** The file by which an operator takes this replica out of service. */
@Injectable()
export class DrainFile {
  private isThere = false;

  constructor(@Inject(Settings) private readonly settings: Pick<Settings, 'HEALTHCHECK_DISABLE_FILE'>) {}

  /** Whether there is one. While the system cannot tell, as when a file server does not answer, the last answer counts. */
  async exists(): Promise<boolean> {
    const { HEALTHCHECK_DISABLE_FILE: path } = this.settings;
    if (path === undefined) return false;
    try {
      await access(path);
      this.isThere = true;
    } catch (error) {
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) this.isThere = false;
    }
    return this.isThere;
  }
}
