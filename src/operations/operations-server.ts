import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { Settings } from '../config/settings.js';
import { DatabaseStates } from '../database/connection/database-states.js';
import { Authenticator } from '../identity/authenticator.js';
import { listen } from './listen.js';
import type { Log } from './log/open-log.js';
import { Lifecycle } from './server/lifecycle.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { MAX_OPERATIONS_CONNECTIONS } from './server/descriptors.js';
import { limitConnections } from './server/connection-limit.js';
import { guardConnections } from './server/guard-connections.js';
import { OperationsModule } from './operations.module.js';

/** The providers that the operations server shares with the service. */
const SHARED = [Settings, DatabaseStates, Authenticator, Lifecycle];

/**
 * The time within which a request must arrive completely, in milliseconds. It is short, because monitoring systems send
 * small requests from nearby.
 */
const REQUEST_TIMEOUT = 5_000;

/** The running server on OPERATIONS_PORT. */
export interface OperationsServer {
  readonly address: AddressInfo;
  /** Closes all connections, also those with a request in progress. */
  close(): Promise<void>;
}

/**
 * Starts the server on OPERATIONS_PORT with health checks and metrics. It does not serve the API, requires no token,
 * passes no request on to nova-api, and does not reject requests under high load.
 *
 * @param service the service whose state the server reports. When this server closes, the databases of the service stay
 *   open
 * @returns undefined if OPERATIONS_PORT is not set
 * @throws SettingsError if the port is not available
 */
export async function startOperationsServer(
  service: INestApplicationContext,
  log: Log,
): Promise<OperationsServer | undefined> {
  const { OPERATIONS_PORT: port, OPERATIONS_HOST: host } = service.get(Settings);
  if (port === undefined) return undefined;
  const server = await createServer(service);
  return {
    address: await listen(server, ['OPERATIONS_PORT', port], ['OPERATIONS_HOST', host], log),
    close: () => {
      server.getHttpServer().closeAllConnections();
      return server.close();
    },
  };
}

function createServer(service: INestApplicationContext): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    http: {
      headersTimeout: REQUEST_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: 1_000,
    },
    requestTimeout: REQUEST_TIMEOUT,
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
