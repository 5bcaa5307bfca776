import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { DatabaseModule } from './database/database.module.js';
import { tablesOf } from './database/tables/module-with-tables.js';
import { FacadeModule } from './facade/facade.module.js';
import { IdentityModule } from './identity/identity.module.js';
import { OwnStoreTasksModule } from './ledger/ledger.module.js';
import { MODULES } from './modules.js';
import { NovaDiscoveryModule } from './nova/discovery/nova-discovery.module.js';
import { LifecycleModule } from './operations/server/lifecycle.js';
import { MetricsModule } from './operations/metrics/metrics.module.js';
import { OperationsModule } from './operations/operations.module.js';

@Module({})
export class AppModule {
  /** @param more modules to serve in addition to those in `src/modules.ts` */
  static forRoot(settings: Settings, more: readonly (Type | DynamicModule)[] = []): DynamicModule {
    const modules = [...MODULES, ...more];
    const platform = [
      ConfigModule.forRoot(settings),
      DatabaseModule.forRoot(settings, tablesOf(modules)),
      IdentityModule,
      LifecycleModule,
      MetricsModule.register(settings),
    ];
    const otherRoutes = settings.UPSTREAM_NOVA_URL === undefined ? NovaDiscoveryModule : FacadeModule;
    // If OPERATIONS_PORT is set, a separate HTTP server serves the health checks and the metrics.
    const operations =
      settings.OPERATIONS_PORT === undefined
        ? [OperationsModule.register([IdentityModule, LifecycleModule])]
        : [];
    const tasks = settings.NOVA_API_DATABASE_URL === undefined ? [OwnStoreTasksModule] : [];
    const imports = [...platform, ...tasks, ...operations, otherRoutes, ...modules];
    return { module: AppModule, imports };
  }
}
