import { Get, Param } from '@nestjs/common';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { EXAMPLE_TIME } from './example.js';
import { policies } from './usage-audit-log.policies.js';
import { listResponse, showResponse } from './usage-audit-log.schema.js';
import { UsageAuditLogService } from './usage-audit-log.service.js';
import type { Audits } from './usage-audit-log.store.js';
import { listView, showView } from './usage-audit-log.view.js';

@NovaResource('os-instance_usage_audit_log', {
  title: 'Usage audit log',
  description: 'Which hosts have audited the usage of their servers in a period.',
})
export class UsageAuditLogController {
  constructor(private readonly service: UsageAuditLogService) {}

  @Get()
  @NovaRoute({
    summary: 'Show which hosts have audited the usage of their servers',
    description: 'For the last completed period, as long as INSTANCE_USAGE_AUDIT_PERIOD says.',
    query: NO_QUERY,
    policy: policies.list,
    view: listView,
    response: listResponse,
  })
  list(): Promise<Audits> {
    return this.service.audits();
  }

  @Get(':before')
  @NovaRoute({
    summary: 'Show which hosts have audited the usage of their servers for an earlier period',
    description: 'For the last one that was completed before a time.',
    parameters: { before: 'The time, UTC: YYYY-MM-DD HH:MM:SS, with a fraction if you like.' },
    examples: { before: EXAMPLE_TIME },
    query: NO_QUERY,
    policy: policies.show,
    view: showView,
    response: showResponse,
  })
  show(@Param('before') before: string): Promise<Audits> {
    return this.service.audits(before);
  }
}
