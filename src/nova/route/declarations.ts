import { applyDecorators, SetMetadata } from '@nestjs/common';
import type { ExecutionContext, StreamableFile, Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Stream } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Observable } from 'rxjs';
import type { ApiRouteDeclaration, NovaRouteDeclaration, RouteDeclaration } from './nova-route.js';
import { describeRoute } from './openapi.js';

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

/** Values that Fastify or Nest send as they are. A view cannot render them. */
type Unrenderable =
  Stream | ReadableStream | ArrayBufferView | ArrayBuffer | StreamableFile | Response | Observable<unknown>;

/** What the compiler says where a handler returns such a value. */
interface UnrenderableResultError {
  readonly error: 'a route cannot return a stream, bytes, a Response or an Observable';
}

type RouteDecorator<Result> = <Method extends (...parameters: never[]) => Result | Promise<Result>>(
  controller: object,
  name: string | symbol,
  method: TypedPropertyDescriptor<Method>,
) => void;

const ROUTE = 'nova:route';
const RESOURCE = 'nova:resource';
const OPEN = 'nova:open';

/**
 * Makes a handler a route of the API: guards, view and documentation all read the one declaration. The handler returns
 * what the view renders: an object that is no stream and no bytes.
 */
export function ApiRoute<Result extends object>(
  declaration: ApiRouteDeclaration<Result>,
): Result extends Unrenderable ? UnrenderableResultError : RouteDecorator<Result>;
export function ApiRoute(declaration: ApiRouteDeclaration<unknown>): MethodDecorator {
  return declareRoute(declaration);
}

/** Makes a handler a route of Nova's API: an `ApiRoute` that knows microversions and servers. */
export function NovaRoute<Result extends object>(
  declaration: NovaRouteDeclaration<Result>,
): Result extends Unrenderable ? UnrenderableResultError : RouteDecorator<Result>;
export function NovaRoute(declaration: NovaRouteDeclaration<unknown>): MethodDecorator {
  return declareRoute(declaration);
}

function declareRoute(declaration: RouteDeclaration): MethodDecorator {
  return applyDecorators(
    SetMetadata(ROUTE, declaration),
    RouteConfig({ access: 'api' }),
    describeRoute(declaration),
  );
}

/** What the routes of one controller have in common. */
export interface Resource {
  /** Of the chapter in the documentation. The names of its operations end in it (`listServerActions`). */
  readonly title: string;
  /** Of the chapter. */
  readonly description?: string;
  /** The parameter of the path that names a server: the routes are about it, and it must be one that the caller may know. */
  readonly server?: string;
}

/** A resource, and which kind of routes it may have. */
export interface DeclaredResource extends Resource {
  readonly routes: 'NovaRoute' | 'ApiRoute';
}

/** Declares a resource for the guards and the documentation; `pipeline/resource.ts` makes a controller of it. */
export function declareResource(resource: DeclaredResource): ClassDecorator {
  return SetMetadata(RESOURCE, resource);
}

/**
 * Declares for a controller's routes that no policy protects them, and why.
 *
 * @param access who may use them: see `RouteAccess`
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

export function declaredRoute(reflector: Reflector, handler: Handler): RouteDeclaration | undefined {
  return reflector.get<RouteDeclaration | undefined>(ROUTE, handler);
}

export function declaredResource(reflector: Reflector, controller: Type): DeclaredResource | undefined {
  return reflector.get<DeclaredResource | undefined>(RESOURCE, controller);
}

/** Why no policy protects the controller's routes; undefined where that is not declared. */
export function openReason(reflector: Reflector, controller: Type): string | undefined {
  return reflector.get<string | undefined>(OPEN, controller);
}
