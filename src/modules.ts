import { InstanceActionsModule } from './instance-actions/instance-actions.module.js';
import { NovaModule } from './nova/nova.module.js';
import { MigrationsModule } from './os-migrations/migrations.module.js';
import { UsageAuditLogModule } from './usage-audit-log/usage-audit-log.module.js';

/** The kit and the modules of this deployment. */
export const MODULES = [
  NovaModule,
  // A new module is a line here.
  InstanceActionsModule,
  MigrationsModule,
  UsageAuditLogModule,
];
