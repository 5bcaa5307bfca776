import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { NovaModule } from '../../src/nova/nova.module.js';
import { QuerySteps } from '../../src/nova/query/query-steps.js';
import type { RouteDeclaration } from '../../src/nova/route/nova-route.js';
import {
  declaredPolicies,
  type RegisteredRoute,
  registeredRoutes,
} from '../../src/nova/route/registered-routes.js';
import { openApiDocument } from '../../src/operations/pages/openapi-document.js';
import { OpenRoutes } from '../../src/nova/route/declarations.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';

/** What a route lacks of what every route must have; `documented` are the summaries in the OpenAPI document. */
function shortcomings(route: RegisteredRoute, documented: ReadonlySet<string>): string[] {
  const { declaration, openReason } = route;
  if (openReason !== undefined) return openReason.length > 10 ? [] : ['no reason to be public'];
  if (declaration === undefined) return ['neither public nor declared'];
  const lacks: string[] = [];
  for (const policy of declaredPolicies([route])) {
    if (declaration.query instanceof QuerySteps && !policy.name.startsWith('os_compute_api:'))
      lacks.push(`policy ${policy.name} is not named as Nova's are`);
    if (policy.rule === '' || policy.rule === '@') lacks.push(`policy ${policy.name} is open to everybody`);
    if (policy.description === '' || policy.operations.length === 0 || policy.scopes.length === 0) {
      lacks.push(`policy ${policy.name} is not described`);
    }
  }
  for (const schema of Object.values(declaration.response)) {
    if (schema.additionalProperties !== false) lacks.push('a response schema that allows any field');
  }
  if (declaration.summary === '' || declaration.description === '') lacks.push('no prose');
  if (!documented.has(declaration.summary)) lacks.push('not in the OpenAPI document');
  return lacks;
}

describe('every registered route', () => {
  let store: TestStore;
  let service: RunningService;
  let routes: RegisteredRoute[];
  let operations: { operationId?: string; summary?: string }[];

  beforeAll(async () => {
    store = await createSqlite();
    service = await startService({ DATABASE_URL: store.url });
    const { application } = service;
    routes = registeredRoutes(
      new DiscoveryService(application.get(ModulesContainer)),
      new MetadataScanner(),
      application.get(Reflector),
    );
    operations = Object.values(openApiDocument(application).paths).flatMap(
      (path) => Object.values(path) as typeof operations,
    );
  });

  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  it('every registered route is found', () => {
    const names = routes.map(({ controller, method }) => `${controller}.${method}`);
    expect(names).toEqual(
      expect.arrayContaining(['InstanceActionsController.list', 'InstanceActionsController.show']),
    );
  });

  it('every registered route declares its authentication, its policy, its responses and its documentation', () => {
    const documented = new Set(operations.map(({ summary }) => String(summary)));
    const lacking = routes.map((route) => ({
      route: `${route.controller}.${route.method}`,
      lacks: shortcomings(route, documented),
    }));
    expect(lacking.filter(({ lacks }) => lacks.length > 0)).toEqual([]);
  });

  it('every registered route has a name of its own for generated clients, such as listServerActions', () => {
    const names = operations.map(({ operationId }) => String(operationId));
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z0-9]*)+$/.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('every registered route is answered with 401 without a token, in the API proper', async () => {
    const { paths } = openApiDocument(service.application);
    expect(Object.keys(paths).length).toBeGreaterThanOrEqual(2);
    for (const path of Object.keys(paths)) {
      const answer = await fetch(`${service.url}${path.replaceAll(/\{\w+\}/g, 'x')}`);
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});

describe('the walk over the routes', () => {
  const good = {
    summary: 'A route',
    description: 'That has all it needs.',
    policy: {
      name: 'os_compute_api:os-things:show',
      rule: 'role:reader',
      description: 'Show a thing.',
      operations: [{ method: 'GET', path: '/things' }],
      scopes: ['project'],
    },
    view: { external: () => ({}), internal: () => ({}) },
    response: { external: { additionalProperties: false }, internal: { additionalProperties: false } },
  } satisfies RouteDeclaration;
  const route = (declaration: RouteDeclaration | undefined, reason?: string): RegisteredRoute => ({
    controller: 'Things',
    method: 'show',
    handler: () => undefined,
    declaration,
    openReason: reason,
  });
  const documented = new Set(['A route']);

  it('the walk over the routes accepts a route that declares everything', () => {
    expect(shortcomings(route(good), documented)).toEqual([]);
  });

  it.each([
    ['nothing declared', route(undefined), documented],
    ['no documentation', route(good), new Set<string>()],
    ['an open policy', route({ ...good, policy: { ...good.policy, rule: '' } }), documented],
    ['a policy without prose', route({ ...good, policy: { ...good.policy, description: '' } }), documented],
    [
      'a further policy without prose',
      route({
        ...good,
        alsoNeeds: [{ policy: { ...good.policy, description: '' }, when: () => true }],
      }),
      documented,
    ],
    ['an open response', route({ ...good, response: { ...good.response, external: {} } }), documented],
    ['no reason to be public', route(undefined, ''), documented],
  ])('the walk over the routes fails a route with %s', (_what, lacking, inDocument) => {
    expect(shortcomings(lacking, inDocument)).not.toEqual([]);
  });
});

@Controller()
class UndeclaredController {
  @Get(['v2.1/undeclared', 'action-log/v1/undeclared'])
  show(): object {
    return { secret: true };
  }
}

@OpenRoutes('api', 'its only protection is that it needs a token')
@Controller('action-log/v1/for-callers')
class CallersController {
  @Get()
  show(): object {
    return { answered: true };
  }
}

@Module({ imports: [NovaModule], controllers: [UndeclaredController, CallersController] })
class OtherModule {}

describe('the access to a route', () => {
  let store: TestStore;
  let service: RunningService;

  beforeAll(async () => {
    store = await createSqlite();
    service = await startService({ DATABASE_URL: store.url }, [OtherModule]);
  });

  afterAll(async () => {
    await service.stop();
    await store.remove();
  });

  const ask = (path: string, token?: string): Promise<Response> =>
    fetch(`${service.url}${path}`, { headers: token === undefined ? {} : { 'X-Auth-Token': token } });

  it.each(['/v2.1/undeclared', '/action-log/v1/undeclared'])(
    'a route that declares no access is denied to everybody: %s',
    async (path) => {
      expect((await ask(path)).status).toBe(401);
      for (const token of ['token-of-alice', 'token-of-admin']) {
        const answer = await ask(path, token);
        expect(answer.status).toBe(403);
        expect(await answer.text()).not.toContain('secret');
      }
    },
  );

  it('a route needs a token wherever it is mounted', async () => {
    expect((await ask('/action-log/v1/for-callers')).status).toBe(401);
    expect((await ask('/action-log/v1/for-callers', 'token-of-alice')).status).toBe(200);
  });
});
