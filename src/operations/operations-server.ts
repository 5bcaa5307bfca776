import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Settings } from '../config/settings.js';
import { DatabaseStates } from '../database/connection/database-states.js';
import { Authenticator } from '../identity/authenticator.js';
import { Lifecycle } from './server/lifecycle.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { MAX_OPERATIONS_CONNECTIONS } from './server/descriptors.js';
import { limitConnections } from './server/connection-limit.js';
import { guardConnections } from './server/guard-connections.js';
import { OperationsModule } from './operations.module.js';

/** The providers of the service that the pages for operators read. */
const SHARED = [Settings, DatabaseStates, Authenticator, Lifecycle];

/** How long a request may take to arrive, in milliseconds: clients are near and send little. */
const TIME_LIMIT = 5_000;

/**
 * Creates a second server, for operators, without the API: it authenticates nobody, passes nothing on to nova-api, and answers
 * under any load.
 *
 * @param service the service whose state it shows; the service itself closes its databases
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
    all: MAX_OPERATIONS_CONNECTIONS,
    perAddress: MAX_OPERATIONS_CONNECTIONS / 2,
    trusted: [],
  });
  guardConnections(server, service.get(Settings));
  return NestFactory.create<NestFastifyApplication>(OperationsServerModule.register(service), adapter, {
    abortOnError: false,
    bodyParser: false,
  });
}

@Module({})
class OperationsServerModule {
  static register(service: INestApplicationContext): DynamicModule {
    const { METRICS: hasMetrics } = service.get(Settings);
    const shared = hasMetrics ? [...SHARED, Metrics] : SHARED;
    const providers = shared.map((provide) => ({
      provide,
      useValue: service.get<unknown>(provide as Type),
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
