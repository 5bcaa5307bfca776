import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DrainFile } from './health/drain-file.js';
import { HealthController } from './health/health.controller.js';
import { HealthcheckController } from './health/healthcheck.controller.js';
import { Readiness } from './health/readiness.js';

/**
 * The health checks. If OPERATIONS_PORT is set, they are available only on that port (`operations-server.ts`),
 * otherwise on PORT.
 */
@Module({
  // The log of Terminus is off, because the database layer logs when a database becomes unreachable or reachable.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [
    // Add a new controller for operators here.
    HealthcheckController,
    HealthController,
  ],
  providers: [DrainFile, Readiness],
})
export class OperationsModule {
  /** @param imports the modules that provide `Authenticator` and `Lifecycle` */
  static register(imports: Required<ModuleMetadata>['imports'] = []): DynamicModule {
    return { module: OperationsModule, imports };
  }
}
