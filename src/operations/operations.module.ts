import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DrainFile } from './health/drain-file.js';
import { HealthController } from './health/health.controller.js';
import { HealthcheckController } from './health/healthcheck.controller.js';
import { Readiness } from './health/readiness.js';

/** Health checks, on the service's own port or on one for operators (`operations-server.ts`). */
@Module({
  // The database pool itself logs that a database is unreachable or back.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [
    // A new page for operators is a line here.
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
