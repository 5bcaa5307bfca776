import { ActionLogModule } from './action-log/action-log.module.js';
import { InstanceActionsModule } from './instance-actions/instance-actions.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { NovaModule } from './nova/nova.module.js';
import { MigrationsModule } from './os-migrations/migrations.module.js';
import { RecorderStatusModule } from './recorder-status/recorder-status.module.js';
import { ServerGroupsModule } from './server-groups/server-groups.module.js';
import { ServerLockModule } from './server-lock/server-lock.module.js';
import { ServersModule } from './servers/servers.module.js';
import { UsageAuditLogModule } from './usage-audit-log/usage-audit-log.module.js';

/**
 * All modules of the service. The first one, `NovaModule`, contains the code that all other modules share
 * (`src/nova/`).
 */
export const MODULES = [
  NovaModule,
  LedgerModule,
  // Add a line here for each new module.
  ActionLogModule,
  InstanceActionsModule,
  MigrationsModule,
  RecorderStatusModule,
  ServerGroupsModule,
  ServerLockModule,
  ServersModule,
  UsageAuditLogModule,
];
