import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateTaskLog } from './1766000000000-create-task-log.js';
import { insertExampleAudits } from './example.js';
import { UsageAuditLogController } from './usage-audit-log.controller.js';
import { NovaService, TaskLog } from './usage-audit-log.entities.js';
import { UsageAuditLogService } from './usage-audit-log.service.js';

/** Which hosts have audited the usage of their servers: `os-instance_usage_audit_log`. */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [UsageAuditLogController],
  providers: [UsageAuditLogService],
  entities: [TaskLog, NovaService],
  tables: [CreateTaskLog],
  example: insertExampleAudits,
})
export class UsageAuditLogModule {}
