import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Settings } from './config/settings.js';
import { rewriteUrl } from './nova/http/http-hooks.js';
import { serveDocumentation } from './operations/documentation.js';

/** The levels that Nest's logger is left with at each LOG_LEVEL. */
const LEVELS = ['fatal', 'error', 'warn', 'log', 'debug'] as const;

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
      logger: LEVELS.slice(
        0,
        LEVELS.indexOf(settings.LOG_LEVEL === 'info' ? 'log' : (settings.LOG_LEVEL as 'debug')) + 1,
      ),
    },
  );
  // No route reads a body, so none is parsed and none can be malformed.
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null);
  });
  application.enableShutdownHooks();
  serveDocumentation(application);
  return application;
}
