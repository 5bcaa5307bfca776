import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { registerHooks } from './hooks.js';
import { rewriteUrl } from './nova/pipeline/arrival.hook.js';
import { handleClientError } from './operations/server/client-error.js';
import { openLog } from './operations/log/open-log.js';
import { ServiceLogger } from './operations/log/service-logger.js';
import { serveDocumentation } from './operations/pages/documentation.js';
import { limitConnections } from './operations/server/connection-limit.js';
import { connectionLimits } from './operations/server/descriptors.js';
import { guardConnections } from './operations/server/guard-connections.js';
import { ProtectionModule } from './operations/protection/protection.module.js';
import { serverOptions } from './operations/server/server-options.js';
import { renewCertificates } from './operations/server/tls.js';

/**
 * Makes the whole service, ready to listen.
 *
 * @param more modules beyond those of every deployment
 * @throws SettingsError for settings that it cannot work with
 */
export async function createApplication(
  settings: Settings,
  more: readonly Type[] = [],
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    ...serverOptions(settings),
    rewriteUrl,
    clientErrorHandler: handleClientError,
    exposeHeadRoutes: false,
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // Ids of any length find nothing in Nova, instead of being refused for their length.
    routerOptions: { maxParamLength: 65_536, querystringParser: () => ({}) },
    multipart: false,
    skipMiddie: true,
  });
  const fastify = adapter.getInstance();
  const protection = ProtectionModule.register(fastify, settings);
  const log = await openLog(settings);
  const application = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, [protection, ...more]),
    adapter,
    {
      abortOnError: false,
      bodyParser: false,
      logger: new ServiceLogger(log),
    },
  );
  // No route reads a body, so none is parsed, and none can be malformed or of a wrong type.
  for (const method of fastify.supportedMethods) {
    fastify.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
  // Node would drop those beyond the thousandth; how many bytes they may have is limited.
  fastify.server.maxHeadersCount = 0;
  limitConnections(fastify.server, connectionLimits(settings));
  guardConnections(fastify.server, settings);
  renewCertificates(fastify.server, settings);
  registerHooks({ application, settings, log });
  if (settings.DOCUMENTATION) serveDocumentation(application);
  return application;
}
