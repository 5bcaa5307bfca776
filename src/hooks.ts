import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import type { Settings } from './config/settings.js';
import { Authenticator } from './identity/authenticator.js';
import { admit, Admission } from './nova/pipeline/admission.hook.js';
import { arrive } from './nova/pipeline/arrival.hook.js';
import type { Exchange } from './nova/pipeline/exchange.js';
import { identify } from './nova/pipeline/identity.hook.js';
import { passOn, Upstream } from './nova/pipeline/upstream.hook.js';
import type { Log } from './operations/log/open-log.js';
import { observeRequests } from './operations/observe-requests.js';
import { serveFrontPage } from './operations/pages/front-page.js';
import type { ServedRoutesAdapter } from './nova/route/served-routes-adapter.js';
import { allowOrigins } from './operations/server/cors.js';
import { readForwardedFor } from './operations/server/forwarded-for.js';
import { addPageHeaders } from './operations/server/page-headers.js';

/** The parts of the service that the hooks use. */
interface Service {
  readonly application: NestFastifyApplication;
  readonly settings: Settings;
  readonly log: Log;
}

interface Hook {
  readonly name: string;
  readonly event: 'onRequest' | 'preHandler';
  /** The paths of the routes for which the hook runs. Without this list, the hook runs for every request. */
  readonly routes?: readonly string[];
  readonly summary: string;
  /** Makes the function that Fastify calls. @returns undefined if the settings turn the hook off */
  readonly make: (service: Service) => onRequestHookHandler | undefined;
}

/** All hooks of Fastify, in the order in which they run. All of them run before Nest's guards. */
export const HOOKS: readonly Hook[] = [
  {
    name: 'forwarded for',
    event: 'onRequest',
    summary: 'removes ports and forged entries from X-Forwarded-For, before Fastify reads it',
    make: ({ settings }) => (settings.TRUSTED_PROXIES.length > 0 ? readForwardedFor : undefined),
  },
  {
    // This hook runs before all hooks that may send a response, so that the log and the metrics contain every response.
    name: 'observe',
    event: 'onRequest',
    summary: 'starts the log line and the metrics of the request',
    make: ({ application, settings, log }) => observeRequests(application, settings, log),
  },
  {
    name: 'arrival',
    event: 'onRequest',
    summary: 'gives the request an id, and rejects ambiguous requests',
    make: () => arrive,
  },
  {
    name: 'cors',
    event: 'onRequest',
    summary: 'adds CORS headers for the allowed origins, and responds to preflight requests',
    make: ({ application, settings }) =>
      allowOrigins(
        settings.CORS_ORIGINS,
        isFacade(settings),
        application.getHttpAdapter() as unknown as ServedRoutesAdapter,
      ),
  },
  {
    name: 'admission',
    event: 'onRequest',
    summary: 'rejects requests that are too large; during overload, delays requests or rejects them',
    make: ({ application, settings }) => admit(application.get(Admission), isFacade(settings)),
  },
  {
    name: 'upstream',
    event: 'onRequest',
    summary: 'passes requests to nova-api if their path has no route in this service',
    make: ({ application, settings }) => (isFacade(settings) ? passOn(application.get(Upstream)) : undefined),
  },
  {
    name: 'identity',
    event: 'onRequest',
    summary: 'authenticates the callers of API routes, and limits their request rate',
    make: ({ application, settings }) =>
      identify(application.get(Authenticator), application.get(Admission), settings.PUBLIC_URL),
  },
  {
    name: 'page headers',
    event: 'onRequest',
    routes: ['/docs', '/docs/*'],
    summary: 'adds security headers for browsers',
    make: ({ settings }) => addPageHeaders(settings),
  },
  {
    name: 'front page',
    event: 'preHandler',
    routes: ['/'],
    summary: 'returns a page to browsers; programs get the list of versions',
    // If nova-api is behind this service, nova-api serves `/`, and this hook is not installed.
    make: ({ application, settings }) =>
      isFacade(settings) ? undefined : serveFrontPage(application, settings, addPageHeaders(settings)),
  },
];

/**
 * Registers all hooks. Call this function after Nest has created the providers, and before Nest registers the routes.
 */
export function registerHooks(service: Service): void {
  const fastify: FastifyInstance = service.application.getHttpAdapter().getInstance();
  fastify.decorateRequest('nova', null as unknown as Exchange);
  for (const { event, routes, make } of HOOKS) {
    const handler = make(service);
    if (handler === undefined) continue;
    if (routes === undefined) {
      fastify.addHook(event, handler);
    } else {
      fastify.addHook('onRoute', (route) => {
        if (routes.includes(route.url)) route[event] = [route[event] ?? [], handler].flat();
      });
    }
  }
}

function isFacade({ UPSTREAM_NOVA_URL }: Settings): boolean {
  return UPSTREAM_NOVA_URL !== undefined;
}
