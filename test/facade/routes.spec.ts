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

/** All routes that the HTTP layer is given, whoever gives them. */
let routes: Route[] = [];

@Module({})
class RouteListModule {
  constructor({ httpAdapter }: HttpAdapterHost) {
    httpAdapter.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url }) => {
      routes.push({ method, url });
    });
  }
}

/** `GET /path` for each route, its parameters as in an OpenAPI document. */
function names({ method, url }: Route): string[] {
  return [method].flat().map((one) => `${one} ${url.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1')}`);
}

/** Whether Nova has something to say at the path of a route, or might have. */
function isNovas({ url }: Route): boolean {
  return url === '/' || url.startsWith('/*') || url === '*' || parseNovaUrl(url).root !== undefined;
}

describe('as a facade', () => {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createSqlite());
    routes = [];
    const settings = { DATABASE_URL: store.url, UPSTREAM_NOVA_URL: 'http://127.0.0.1:1' };
    service = keep(await startService(settings, [RouteListModule]));
  });

  it('a facade has no routes in Nova’s own space but those that are declared as Nova’s', () => {
    const { paths } = openApiDocument(service.application);
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const inNovasSpace = routes.filter(isNovas).flatMap(names);
    expect(inNovasSpace.length).toBeGreaterThan(0);
    expect(inNovasSpace.sort()).toEqual(declared.sort());
    const { application } = service;
    const handlers = registeredRoutes(
      new DiscoveryService(application.get(ModulesContainer)),
      new MetadataScanner(),
      application.get(Reflector),
    );
    // What operators ask has no policy; the paths above show that it is outside of Nova's space.
    const undeclared = handlers.filter(({ declaration }) => declaration === undefined);
    expect(new Set(undeclared.map(({ controller }) => controller))).toEqual(
      new Set(['HealthcheckController', 'HealthController', 'MetricsController']),
    );
  });

  it('a facade has pages of its own, all outside of Nova’s space', () => {
    const own = routes.filter((route) => !isNovas(route)).flatMap(names);
    expect(own).toEqual(expect.arrayContaining(['GET /docs', 'GET /openapi.json']));
  });
});

describe('without a Nova behind it', () => {
  it('a service without nova-api answers for all of Nova’s space, and the walk over its routes notices it', async () => {
    const store = await createSqlite();
    routes = [];
    const service = await startService({ DATABASE_URL: store.url }, [RouteListModule]);
    try {
      const inNovasSpace = routes.filter(isNovas).flatMap(names);
      expect(inNovasSpace).toEqual(
        expect.arrayContaining(['GET /', 'POST /*', 'GET /v2.1/servers/{server_id}']),
      );
    } finally {
      await service.stop();
      await store.remove();
    }
  });
});

describe('before itself', () => {
  it('a facade does not start when UPSTREAM_NOVA_URL is its own address', async () => {
    const store = await createSqlite();
    const UPSTREAM_NOVA_URL = 'http://localhost:8774';
    await expect(startService({ DATABASE_URL: store.url, PORT: '8774', UPSTREAM_NOVA_URL })).rejects.toThrow(
      /^UPSTREAM_NOVA_URL http:\/\/localhost:8774 is where this service itself listens; .*for example/,
    );
    await store.remove();
  });
});
