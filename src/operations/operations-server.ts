import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Settings } from '../config/settings.js';
import { DatabaseStates } from '../database/database-states.js';
import { Authenticator } from '../identity/authenticator.js';
import { Lifecycle } from './server/lifecycle.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { OPERATIONS_CONNECTIONS } from './server/descriptors.js';
import { limitConnections } from './server/connection-limit.js';
import { guardConnections } from './server/guard-connections.js';
import { OperationsModule } from './operations.module.js';

/** What the pages for operators tell of is the service's own, and not made a second time. */
const SHARED = [Settings, DatabaseStates, Authenticator, Lifecycle];

/** In milliseconds. Who asks is near, and asks little. */
const TIME_LIMIT = 5_000;

/**
 * A server of its own for what operators ask, with nothing of the API: no caller is looked for, nothing is passed on,
 * and no load is so high that it does not answer.
 *
 * @param service the service that is told about, whose databases stay its own to close
 */
export function createOperationsServer(service: NestFastifyApplication): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    http: { headersTimeout: TIME_LIMIT, requestTimeout: TIME_LIMIT, connectionsCheckingInterval: 1_000 },
    requestTimeout: TIME_LIMIT,
    exposeHeadRoutes: false,
    skipMiddie: true,
  });
  const { server } = adapter.getInstance();
  limitConnections(server, {
    all: OPERATIONS_CONNECTIONS,
    perAddress: OPERATIONS_CONNECTIONS / 2,
    trusted: [],
  });
  guardConnections(server, service.get(Settings, { strict: false }));
  return NestFactory.create<NestFastifyApplication>(OperationsServerModule.register(service), adapter, {
    abortOnError: false,
    bodyParser: false,
  });
}

@Module({})
class OperationsServerModule {
  static register(service: INestApplicationContext): DynamicModule {
    const { METRICS: hasMetrics } = service.get(Settings, { strict: false });
    const shared = hasMetrics ? [...SHARED, Metrics] : SHARED;
    const providers = shared.map((provide) => ({
      provide,
      useValue: service.get<unknown>(provide as Type, { strict: false }),
    }));
    return {
      module: OperationsServerModule,
      global: true,
      imports: [OperationsModule.register()],
      controllers: hasMetrics ? [MetricsController] : [],
      providers,
      exports: shared,
    };
  }
}
