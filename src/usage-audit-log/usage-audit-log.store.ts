import { Injectable } from '@nestjs/common';
import { Cells } from '../database/cells/cells.js';
import { type RawRow, selectRows } from '../database/rows/rows.js';
import type { AuditPeriod } from './audit-period.js';
import { NovaService } from './nova-service.entity.js';
import { TaskLog } from './task-log.entity.js';

const COLUMNS = ['host', 'state', 'message', 'task_items', 'errors'] as const;

/** The audits of a period, and all compute hosts. Each of these hosts should have one audit. */
export interface Audits {
  readonly period: AuditPeriod;
  readonly rows: readonly RawRow<TaskLog, (typeof COLUMNS)[number]>[];
  readonly hosts: ReadonlySet<string | null>;
}

/**
 * Like Nova, queries only the main database, and not the databases of all cells. The query of audits uses the index on
 * periods. The query of services reads the whole table, which is small.
 */
@Injectable()
export class UsageAuditLogStore {
  constructor(private readonly cells: Cells) {}

  async audits(period: AuditPeriod): Promise<Audits> {
    const main = await this.cells.main();
    const rows = await main.rows((source) =>
      selectRows(source, TaskLog, COLUMNS)
        .andWhere("item.task_name = 'instance_usage_audit'")
        .andWhere('item.period_beginning = :begin AND item.period_ending = :end', period)
        .orderBy('item.id')
        .getRawMany<Audits['rows'][number]>(),
    );
    const services = await main.rows((source) =>
      selectRows(source, NovaService, ['host', 'topic']).orderBy('item.host').getRawMany<NovaService>(),
    );
    const computes = services.filter(({ topic }) => topic === 'compute').map(({ host }) => host);
    return { period, rows, hosts: new Set(computes) };
  }
}
