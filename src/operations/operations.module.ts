import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DrainFile } from './health/drain-file.js';
import { HealthController } from './health/health.controller.js';
import { HealthcheckController } from './health/healthcheck.controller.js';
import { Readiness } from './health/readiness.js';

/** What operators ask of the service: on its own port, or on one for that alone (`operations-server.ts`). */
@Module({
  // That a database is away or back is logged where it is noticed.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [
    // What else operators may ask is a line here.
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
