import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import {
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
  Reflector,
} from '@nestjs/core';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { parseNovaUrl } from '../../src/nova/url/nova-url.js';
import { registeredRoutes } from '../../src/nova/route/registered-routes.js';
import { openApiDocument } from '../../src/operations/pages/openapi-document.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

type Route = Pick<RouteOptions, 'method' | 'url'>;

/** All routes that Nest, the service or a plugin has registered with Fastify. */
let routes: Route[] = [];

@Module({})
class RouteListModule {
  constructor({ httpAdapter }: HttpAdapterHost) {
    httpAdapter.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url }) => {
      routes.push({ method, url });
    });
  }
}

/** Returns `GET /path` for each method of a route, with path parameters in the notation of OpenAPI (`{id}`). */
function names({ method, url }: Route): string[] {
  return [method].flat().map((one) => `${one} ${url.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1')}`);
}

/** Returns true if the path of a route is one that Nova uses or may use in a future release. */
function isPathOfNova({ url }: Pick<Route, 'url'>): boolean {
  return url === '/' || url.startsWith('/*') || url === '*' || parseNovaUrl(url).root !== undefined;
}

describe('the routes of a facade', () => {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    routes = [];
    const settings = { DATABASE_URL: store.url, UPSTREAM_NOVA_URL: 'http://127.0.0.1:1' };
    service = keep(await startService(settings, [RouteListModule]));
  });

  it('a facade has no routes at paths of Nova except those in its OpenAPI document', () => {
    const { paths } = openApiDocument(service.application);
    const pathsOfNova = Object.entries(paths).filter(([url]) => isPathOfNova({ url }));
    const declared = pathsOfNova.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const atPathsOfNova = routes.filter(isPathOfNova).flatMap(names);
    expect(atPathsOfNova.length).toBeGreaterThan(0);
    expect(atPathsOfNova.sort()).toEqual(declared.sort());
    const { application } = service;
    const handlers = registeredRoutes(
      new DiscoveryService(application.get(ModulesContainer)),
      new MetadataScanner(),
      application.get(Reflector),
    );
    // Only these three controllers, which operators use, have no declaration. The check above shows that their routes
    // are not at paths of Nova.
    const undeclared = handlers.filter(({ declaration }) => declaration === undefined);
    expect(new Set(undeclared.map(({ controller }) => controller))).toEqual(
      new Set(['HealthcheckController', 'HealthController', 'MetricsController']),
    );
  });

  it('a facade serves /docs and /openapi.json, which are not paths of Nova', () => {
    const own = routes.filter((route) => !isPathOfNova(route)).flatMap(names);
    expect(own).toEqual(expect.arrayContaining(['GET /docs', 'GET /openapi.json']));
  });
});

describe('the routes of a service without UPSTREAM_NOVA_URL', () => {
  it('without UPSTREAM_NOVA_URL, the service has routes for all paths of Nova, and these tests find those routes', async () => {
    const store = await createSqlite();
    routes = [];
    const service = await startService({ DATABASE_URL: store.url }, [RouteListModule]);
    try {
      const atPathsOfNova = routes.filter(isPathOfNova).flatMap(names);
      expect(atPathsOfNova).toEqual(
        expect.arrayContaining(['GET /', 'POST /*', 'GET /v2.1/servers/{server_id}']),
      );
    } finally {
      await service.stop();
      await store.remove();
    }
  });
});

describe('the start of a facade', () => {
  it('a facade does not start if UPSTREAM_NOVA_URL is the address of the facade', async () => {
    const store = await createSqlite();
    const UPSTREAM_NOVA_URL = 'http://localhost:8774';
    await expect(startService({ DATABASE_URL: store.url, PORT: '8774', UPSTREAM_NOVA_URL })).rejects.toThrow(
      /^UPSTREAM_NOVA_URL http:\/\/localhost:8774 is the address of this service itself; .*for example/,
    );
    await store.remove();
  });
});
