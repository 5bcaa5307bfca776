import { Module } from '@nestjs/common';
import { OwnExample, OwnTables } from '../database/tables/creates-tables.js';
import { CreateTaskLog } from './1766000000000-create-task-log.js';
import { insertExampleAudits } from './example.js';
import { UsageAuditLogController } from './usage-audit-log.controller.js';
import { UsageAuditLogService } from './usage-audit-log.service.js';
import { UsageAuditLogStore } from './usage-audit-log.store.js';

/** Which hosts have audited the usage of their servers: `os-instance_usage_audit_log`. */
@OwnTables(CreateTaskLog)
@OwnExample(insertExampleAudits)
@Module({ controllers: [UsageAuditLogController], providers: [UsageAuditLogService, UsageAuditLogStore] })
export class UsageAuditLogModule {}
