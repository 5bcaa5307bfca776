import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Cells } from '../database/cells/cells.js';
import { selectRows } from '../database/rows/rows.js';
import { BadRequest } from '../nova/fault/faults.js';
import { parsePythonTime } from '../nova/python/time.js';
import { type AuditPeriod, lastCompleted } from './audit-period.js';
import { NovaService, TaskLog } from './usage-audit-log.entities.js';

const COLUMNS = ['host', 'state', 'message', 'task_items', 'errors'] as const;

/** The audits of a period, and the hosts of which each should have made one. */
export interface Audits {
  readonly period: AuditPeriod;
  readonly rows: readonly Pick<TaskLog, (typeof COLUMNS)[number]>[];
  readonly hosts: ReadonlySet<string | null>;
}

@Injectable()
export class UsageAuditLogService {
  constructor(
    private readonly settings: Settings,
    private readonly cells: Cells,
  ) {}

  /**
   * Of the last period before a time, which is now if none is given, from the main database as in Nova. One question
   * goes by the index on periods; of services all are read, which are few.
   *
   * @throws BadRequest for a text that is no time
   */
  async audits(before?: string): Promise<Audits> {
    const time = before === undefined ? new Date() : parsePythonTime(before);
    if (time === undefined) throw new BadRequest(`Invalid timestamp for date ${before ?? ''}`);
    const period = lastCompleted(this.settings.INSTANCE_USAGE_AUDIT_PERIOD, time);
    const main = await this.cells.main();
    const rows = await main.rows((source) =>
      selectRows(source, TaskLog, COLUMNS)
        .andWhere("item.task_name = 'instance_usage_audit'")
        .andWhere('item.period_beginning = :begin AND item.period_ending = :end', period)
        .orderBy('item.id')
        .getRawMany<TaskLog>(),
    );
    const services = await main.rows((source) =>
      selectRows(source, NovaService, ['host', 'topic']).orderBy('item.host').getRawMany<NovaService>(),
    );
    const ofCompute = services.filter(({ topic }) => topic === 'compute');
    return { period, rows, hosts: new Set(ofCompute.map(({ host }) => host)) };
  }
}
