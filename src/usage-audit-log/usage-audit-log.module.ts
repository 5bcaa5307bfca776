import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateTaskLog1766000000000 } from './1766000000000-create-task-log.js';
import { insertExampleAudits } from './example.js';
import { NovaService } from './nova-service.entity.js';
import { TaskLog } from './task-log.entity.js';
import { UsageAuditLogController } from './usage-audit-log.controller.js';
import { UsageAuditLogService } from './usage-audit-log.service.js';
import { UsageAuditLogStore } from './usage-audit-log.store.js';

/** The usage audits of compute hosts: `os-instance_usage_audit_log`. */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [UsageAuditLogController],
  providers: [UsageAuditLogService, UsageAuditLogStore],
  entities: [TaskLog, NovaService],
  tables: [CreateTaskLog1766000000000],
  example: insertExampleAudits,
})
export class UsageAuditLogModule {}
