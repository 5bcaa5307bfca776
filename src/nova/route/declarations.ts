import { applyDecorators, Controller, SetMetadata } from '@nestjs/common';
import type { ExecutionContext, StreamableFile, Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { exampleServers } from '../servers/example.js';
import { describeRoute } from './openapi.js';
import type { Stream } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Observable } from 'rxjs';
import type { NovaRouteDeclaration } from './nova-route.js';

/**
 * Who may use a route:
 * - `api`: callers with a token.
 * - `public`: everybody.
 * - `operations`: everybody, under any load and beyond all limits.
 * - `by path`: everybody, but below the API's root (`/v2.1/…`) only callers with a token, as in Nova.
 *
 * A route that declares nothing is denied.
 */
export type RouteAccess = 'api' | 'public' | 'operations' | 'by path';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/** What Fastify or Nest would send as it is, past the view. */
type Unrendered =
  Stream | ReadableStream | ArrayBufferView | ArrayBuffer | StreamableFile | Response | Observable<unknown>;

type NovaRouteDecorator<Result> = <Method extends (...parameters: never[]) => Result | Promise<Result>>(
  controller: object,
  name: string | symbol,
  method: TypedPropertyDescriptor<Method>,
) => void;

const NOVA_ROUTE = 'nova:route';
const OPEN = 'nova:open';
const CHAPTER = 'nova:chapter';

/** A chapter of the documentation: the routes of one resource. */
export interface Chapter {
  readonly title: string;
  readonly description: string | undefined;
}

/**
 * Makes a handler one of Nova's routes: guards, view and documentation all read the one declaration. It returns what the
 * view renders: an object that is no stream and no bytes, because Fastify would send those past the view.
 */
export function NovaRoute<Result extends object>(
  declaration: NovaRouteDeclaration<Result>,
): Result extends Unrendered ? never : NovaRouteDecorator<Result>;
export function NovaRoute(declaration: NovaRouteDeclaration<unknown>): MethodDecorator {
  return applyDecorators(
    SetMetadata(NOVA_ROUTE, declaration),
    RouteConfig({ access: 'api' }),
    describeRoute(declaration),
  );
}

/**
 * Makes a class the controller of one of Nova's resources.
 *
 * @param path below the API's root, such as `servers/:server_id/os-instance-actions`
 * @param title of the chapter in the documentation; the names of its operations end in it (`listServerActions`)
 * @param description of the chapter
 */
export function NovaResource(path: string, title: string, description?: string): ClassDecorator {
  const server = ApiParam({
    name: 'server_id',
    description: "The server's UUID.",
    schema: { type: 'string', format: 'uuid', example: exampleServers.documented.uuid },
  });
  return applyDecorators(
    Controller(`v2.1/${path}`),
    ApiTags(title),
    SetMetadata(CHAPTER, { title, description } satisfies Chapter),
    ...(path.includes(':server_id') ? [server] : []),
  );
}

/**
 * Declares for a controller's routes that no policy protects them, and why.
 *
 * @param access whom they are open to all the same: see `RouteAccess`
 */
export function OpenRoutes(access: RouteAccess, reason: string): ClassDecorator {
  return (controller) => {
    SetMetadata(OPEN, reason)(controller);
    for (const [name, method] of Object.entries(Object.getOwnPropertyDescriptors(controller.prototype))) {
      if (typeof method.value === 'function') RouteConfig({ access })(controller, name, method);
    }
  };
}

/** A method as reflection sees it. */
export type Handler = ReturnType<ExecutionContext['getHandler']>;

export function novaRoute(reflector: Reflector, handler: Handler): NovaRouteDeclaration<unknown> | undefined {
  return reflector.get<NovaRouteDeclaration<unknown> | undefined>(NOVA_ROUTE, handler);
}

/** Why no policy protects the controller's routes; undefined where that is not declared. */
export function openReason(reflector: Reflector, controller: Type): string | undefined {
  return reflector.get<string | undefined>(OPEN, controller);
}

export function chapterOf(reflector: Reflector, controller: Type): Chapter | undefined {
  return reflector.get<Chapter | undefined>(CHAPTER, controller);
}
