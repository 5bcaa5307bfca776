import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { FacadeModule } from './facade/facade.module.js';
import { IdentityModule } from './identity/identity.module.js';
import { InstanceActionsModule } from './instance-actions/instance-actions.module.js';
import { MigrationsModule } from './os-migrations/migrations.module.js';
import { NovaDiscoveryModule } from './nova/discovery/nova-discovery.module.js';
import { NovaModule } from './nova/nova.module.js';
import { LifecycleModule } from './operations/server/lifecycle.js';
import { MetricsModule } from './operations/metrics/metrics.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { UsageAuditLogModule } from './usage-audit-log/usage-audit-log.module.js';

/** Which modules this deployment has. */
const MODULES = [
  // A new one is a line here.
  InstanceActionsModule,
  MigrationsModule,
  UsageAuditLogModule,
];

@Module({})
export class AppModule {
  /** @param more modules beyond those of every deployment */
  static with(settings: Settings, more: readonly (Type | DynamicModule)[] = []): DynamicModule {
    const elsewhere = settings.UPSTREAM_NOVA_URL === undefined ? NovaDiscoveryModule : FacadeModule;
    const kit = [
      ConfigModule.with(settings),
      DatabaseModule.forRoot(settings),
      IdentityModule,
      NovaModule,
      elsewhere,
    ];
    // With a port of its own it is a server of its own.
    const operations = settings.OPERATIONS_PORT === undefined ? [OperationsModule] : [];
    const always = [LifecycleModule, MetricsModule.with(settings)];
    return { module: AppModule, imports: [...kit, ...always, ...operations, ...MODULES, ...more] };
  }
}
