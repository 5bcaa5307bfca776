import { applyDecorators, Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { declareResource, type DeclaredResource, type Resource } from '../route/declarations.js';
import { withoutEmptyParts } from '../route/route-problem.js';
import { exampleServers } from '../servers/example.js';
import { BodyGuard } from './body.guard.js';
import { ItemGuard } from './item.guard.js';
import { MicroversionGuard } from './microversion.guard.js';
import { QueryGuard } from './query.guard.js';
import { RoleGuard } from './role.guard.js';
import { ServerGuard } from './server.guard.js';
import { ViewInterceptor } from './view.interceptor.js';

/** The guards of an `ApiRoute`, in the order in which they run. */
export const API_GUARDS = [BodyGuard, QueryGuard, ServerGuard, ItemGuard, RoleGuard] as const;

/** The guards of a `NovaRoute`, in the order in which they run. */
export const NOVA_GUARDS = [MicroversionGuard, ...API_GUARDS] as const;

/**
 * Makes a class the controller of one of Nova's resources. Its routes are `NovaRoute`s.
 *
 * @param path below `/v2.1`, such as `servers/:server_id/os-instance-actions`
 */
export function NovaResource(path: string, resource: Resource): ClassDecorator {
  return applyDecorators(
    UseGuards(...NOVA_GUARDS),
    UseInterceptors(ViewInterceptor),
    controllerOf(`v2.1/${path}`, { ...resource, routes: 'NovaRoute' }),
  );
}

/**
 * Makes a class the controller of a resource outside Nova's API. Its routes are `ApiRoute`s.
 *
 * @param path below `/`, but not below `/v2.1` or `/v2`
 */
export function ApiResource(path: string, resource: Resource): ClassDecorator {
  return applyDecorators(
    UseGuards(...API_GUARDS),
    UseInterceptors(ViewInterceptor),
    controllerOf(path, { ...resource, routes: 'ApiRoute' }),
  );
}

/** Makes a class the controller of a resource. The guards and the interceptor are separate decorators. */
export function controllerOf(path: string, resource: DeclaredResource): ClassDecorator {
  const { server, title } = resource;
  if (server !== undefined && !path.split('/').includes(`:${server}`)) {
    throw new Error(`the path ${path} must contain the server's parameter :${server}`);
  }
  return applyDecorators(
    Controller(withoutEmptyParts(path)),
    declareResource(resource),
    ApiTags(title),
    ...(server === undefined ? [] : [serverParameter(server)]),
  );
}

function serverParameter(name: string): ClassDecorator & MethodDecorator {
  const example = exampleServers.documented.uuid;
  const schema = { type: 'string', format: 'uuid', example };
  return ApiParam({ name, description: "The server's UUID.", schema });
}
