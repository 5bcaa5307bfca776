import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { BadRequest } from '../nova/fault/faults.js';
import { parsePythonTime } from '../nova/python/time.js';
import { lastCompletedPeriod } from './audit-period.js';
import { type Audits, UsageAuditLogStore } from './usage-audit-log.store.js';

@Injectable()
export class UsageAuditLogService {
  constructor(
    private readonly settings: Settings,
    private readonly store: UsageAuditLogStore,
  ) {}

  /**
   * Returns the audits of the last period that was completed before a time.
   *
   * @param before the time as a text; undefined for the current time
   * @throws BadRequest if the text is not a time
   */
  async audits(before?: string): Promise<Audits> {
    const time = before === undefined ? new Date() : parsePythonTime(before);
    if (time === undefined) throw new BadRequest(`Invalid timestamp for date ${before ?? ''}`);
    return this.store.audits(lastCompletedPeriod(this.settings.INSTANCE_USAGE_AUDIT_PERIOD, time));
  }
}
