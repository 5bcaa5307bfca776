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

/**
 * Returns the required parts that are missing in the declaration of a route.
 *
 * @param documented the summaries of the routes in the OpenAPI document
 */
function shortcomings(route: RegisteredRoute, documented: ReadonlySet<string>): string[] {
  const { declaration, openReason } = route;
  if (openReason !== undefined) return openReason.length > 10 ? [] : ['a reason why no policy protects it'];
  if (declaration === undefined) return ['a declaration'];
  const lacks: string[] = [];
  for (const policy of declaredPolicies([route])) {
    if (declaration.query instanceof QuerySteps && !policy.name.startsWith('os_compute_api:'))
      lacks.push(`a name of policy ${policy.name} that begins with os_compute_api:`);
    if (policy.rule === '' || policy.rule === '@')
      lacks.push(`a rule of policy ${policy.name} that does not allow everybody`);
    if (policy.description === '' || policy.operations.length === 0 || policy.scopes.length === 0) {
      lacks.push(`policy ${policy.name} has no description, operations or scopes`);
    }
  }
  for (const schema of Object.values(declaration.response ?? {})) {
    if (schema.additionalProperties !== false)
      lacks.push('a response schema that allows no undeclared fields');
  }
  if (declaration.summary === '' || declaration.description === '') lacks.push('a summary and a description');
  if (!documented.has(declaration.summary)) lacks.push('an entry in the OpenAPI document');
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

  it('registeredRoutes finds the routes of the instance-actions module', () => {
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

  it('every registered route has a unique operation id for generated clients, such as listServerActions', () => {
    const names = operations.map(({ operationId }) => String(operationId));
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z0-9]*)+$/.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('every documented route returns 401 without a token', async () => {
    const { paths } = openApiDocument(service.application);
    expect(Object.keys(paths).length).toBeGreaterThanOrEqual(2);
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const answer = await fetch(`${service.url}${path.replaceAll(/\{\w+\}/g, 'x')}`, {
          method: method.toUpperCase(),
        });
        expect([method, path, answer.status]).toEqual([method, path, 401]);
      }
    }
  });
});

describe('the check of routes', () => {
  const good = {
    summary: 'A route',
    description: 'A route with all required parts.',
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

  it('the check of routes accepts a route with all required parts', () => {
    expect(shortcomings(route(good), documented)).toEqual([]);
  });

  it.each([
    ['no declaration', route(undefined), documented],
    ['no documentation', route(good), new Set<string>()],
    ['a policy that allows everybody', route({ ...good, policy: { ...good.policy, rule: '' } }), documented],
    [
      'a policy without a description',
      route({ ...good, policy: { ...good.policy, description: '' } }),
      documented,
    ],
    [
      'a conditional policy without a description',
      route({
        ...good,
        alsoNeeds: [{ policy: { ...good.policy, description: '' }, when: () => true }],
      }),
      documented,
    ],
    [
      'a response schema that allows any field',
      route({ ...good, response: { ...good.response, external: {} } }),
      documented,
    ],
    ['an empty reason for having no policy', route(undefined, ''), documented],
  ])('the check of routes rejects a route with %s', (_what, lacking, inDocument) => {
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
    'a route without declared access returns 401 or 403 to every caller: %s',
    async (path) => {
      expect((await ask(path)).status).toBe(401);
      for (const token of ['token-of-alice', 'token-of-admin']) {
        const answer = await ask(path, token);
        expect(answer.status).toBe(403);
        expect(await answer.text()).not.toContain('secret');
      }
    },
  );

  it("a route outside Nova's API that is open to every authenticated caller returns 401 without a token", async () => {
    expect((await ask('/action-log/v1/for-callers')).status).toBe(401);
    expect((await ask('/action-log/v1/for-callers', 'token-of-alice')).status).toBe(200);
  });
});
