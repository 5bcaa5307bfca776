import { InstanceActionsModule } from './instance-actions/instance-actions.module.js';
import { NovaModule } from './nova/nova.module.js';
import { MigrationsModule } from './os-migrations/migrations.module.js';
import { UsageAuditLogModule } from './usage-audit-log/usage-audit-log.module.js';

/** The kit and all modules that every deployment serves. */
export const MODULES = [
  NovaModule,
  // To add a module, add a line here.
  InstanceActionsModule,
  MigrationsModule,
  UsageAuditLogModule,
];
