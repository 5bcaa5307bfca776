import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { answerClientError } from './nova/http/client-error.js';
import { rewriteUrl } from './nova/http/http-hooks.js';
import { serveDocumentation } from './operations/documentation.js';
import { ServiceLogger } from './operations/service-logger.js';

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
    rewriteUrl,
    clientErrorHandler: answerClientError,
    exposeHeadRoutes: false,
    trustProxy: settings.TRUSTED_PROXIES.length > 0 ? settings.TRUSTED_PROXIES : false,
    // Ids of any length find nothing in Nova, instead of being refused for their length.
    routerOptions: { maxParamLength: 65_536, querystringParser: () => ({}) },
    multipart: false,
    skipMiddie: true,
  });
  const application = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(settings, more),
    adapter,
    {
      abortOnError: false,
      bodyParser: false,
      logger: new ServiceLogger(settings.LOG_LEVEL),
    },
  );
  // No route reads a body, so none is parsed, and none can be malformed or of a wrong type.
  const fastify = adapter.getInstance();
  for (const method of fastify.supportedMethods) {
    fastify.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
  serveDocumentation(application);
  return application;
}
