import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { servesRecording, servesWrites } from './config/serves-writes.js';
import type { Settings } from './config/settings.js';
import { registerHooks } from './hooks.js';
import { ServedRoutesAdapter } from './nova/route/served-routes-adapter.js';
import { rewriteUrl } from './nova/pipeline/arrival.hook.js';
import { handleClientError } from './operations/server/client-error.js';
import type { Log } from './operations/log/open-log.js';
import { ServiceLogger } from './operations/log/service-logger.js';
import { serveDocumentation } from './operations/pages/documentation.js';
import { limitConnections } from './operations/server/connection-limit.js';
import { connectionLimits } from './operations/server/descriptors.js';
import { guardConnections } from './operations/server/guard-connections.js';
import { ProtectionModule } from './operations/protection/protection.module.js';
import { serverOptions } from './operations/server/server-options.js';
import { renewCertificates } from './operations/server/tls.js';
import { leftOutModules, removeRoutes } from './served-modules.js';

/**
 * Creates the whole service, ready to listen.
 *
 * @param log the log of the service, from `openLog`
 * @param more modules to serve in addition to those in `src/modules.ts`
 * @throws SettingsError if the service cannot start with these settings
 */
export async function createApplication(
  settings: Settings,
  log: Log,
  more: readonly Type[] = [],
): Promise<NestFastifyApplication> {
  const leftOut = leftOutModules(settings);
  const adapter = new ServedRoutesAdapter({
    ...serverOptions(settings),
    rewriteUrl,
    clientErrorHandler: handleClientError,
    exposeHeadRoutes: false,
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // By default, Fastify finds no route for an id of more than 100 characters. Nova handles ids of any length, and
    // returns its usual 404 fault for unknown ones.
    routerOptions: { maxParamLength: 65_536, querystringParser: () => ({}) },
    multipart: false,
    skipMiddie: true,
  });
  adapter.served = { writes: servesWrites(settings), recording: servesRecording(settings) };
  const fastify = adapter.getInstance();
  const protection = ProtectionModule.register(fastify, settings);
  const application = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, [protection, ...more]),
    adapter,
    {
      abortOnError: false,
      bodyParser: false,
      logger: new ServiceLogger(log),
    },
  );
  removeRoutes(application.get(ModulesContainer), leftOut);
  // Fastify does not parse request bodies, because it would reject a malformed body on routes where Nova ignores the
  // body. The kit reads the body of a route that declares one.
  for (const method of fastify.supportedMethods) {
    fastify.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
  // 0 means no limit. By default, Node silently drops all headers after the first 1,000. Node still limits the total
  // size of the headers.
  fastify.server.maxHeadersCount = 0;
  limitConnections(fastify.server, connectionLimits(settings));
  guardConnections(fastify.server, settings);
  renewCertificates(fastify.server, settings);
  registerHooks({ application, settings, log });
  if (settings.DOCUMENTATION) serveDocumentation(application);
  return application;
}
