import { Get, Param } from '@nestjs/common';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { EXAMPLE_TIME } from './example.js';
import { policies } from './usage-audit-log.policies.js';
import { UsageAuditLogService } from './usage-audit-log.service.js';
import type { Audits } from './usage-audit-log.store.js';
import { listed, shown } from './usage-audit-log.view.js';

@NovaResource('os-instance_usage_audit_log', {
  title: 'Usage audit log',
  description: 'The audits in which hosts recorded the usage of their servers, for each period.',
})
export class UsageAuditLogController {
  constructor(private readonly service: UsageAuditLogService) {}

  @Get()
  @NovaRoute({
    summary: 'Show the usage audits of the last completed period',
    description: 'The setting INSTANCE_USAGE_AUDIT_PERIOD defines the length of a period.',
    query: NO_QUERY,
    policy: policies.list,
    ...listed,
  })
  list(): Promise<Audits> {
    return this.service.audits();
  }

  @Get(':before')
  @NovaRoute({
    summary: 'Show the usage audits of an earlier period',
    description: 'Shows the last period that was completed before the given time.',
    parameters: { before: 'The time in UTC: YYYY-MM-DD HH:MM:SS, optionally with a fraction of a second.' },
    examples: { before: EXAMPLE_TIME },
    query: NO_QUERY,
    policy: policies.show,
    ...shown,
  })
  show(@Param('before') before: string): Promise<Audits> {
    return this.service.audits(before);
  }
}
