import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import type { ExecutionContext, StreamableFile, Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';
import type { Stream } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Observable } from 'rxjs';
import {
  type ApiRouteDeclaration,
  type EmptyApiRouteDeclaration,
  type EmptyNovaRouteDeclaration,
  type LinesRouteDeclaration,
  type NovaRouteDeclaration,
  type RouteDeclaration,
  statusOf,
} from './nova-route.js';
import { describeActionRoute, describeRoute } from './openapi.js';

/**
 * The clients that may use a route:
 * - `api`: callers with a token.
 * - `public`: all clients.
 * - `operations`: all clients, without any limit, even under overload.
 * - `by path`: all clients; but below `/v2.1/` and `/v2/` only callers with a token, as in Nova.
 *
 * A route that declares none of them returns 403.
 */
export type RouteAccess = 'api' | 'public' | 'operations' | 'by path';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteAccess;
    /** True for a route of an own store only. */
    ownStoreOnly?: boolean;
    /** True for a route that records actions in tables that only this service writes. */
    ownTables?: boolean;
    /** True for a route whose responses have an `ETag`. */
    etag?: boolean;
    /** True for a route whose body consists of lines. */
    readsLines?: boolean;
    /** The names of the request headers that the declaration of a route adds to those of all routes. */
    requestHeaders?: readonly string[];
  }
}

/** Types of values that Fastify or Nest would send unchanged, and that would therefore bypass the view. */
type Unrenderable =
  Stream | ReadableStream | ArrayBufferView | ArrayBuffer | StreamableFile | Response | Observable<unknown>;

/**
 * The return type that makes the compiler reject a handler whose result the view cannot render. The compiler prints the
 * text of `error`.
 */
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
const DISPATCHES_ACTIONS = 'nova:dispatches-actions';

/**
 * Makes a handler a route of the API. Guards, view and documentation read the same declaration. The handler returns an
 * object, which the view renders; it cannot return a stream or bytes. Without a view, it returns nothing. A handler of a
 * route with `lines` returns an `AsyncIterable` if the client requests lines.
 */
export function ApiRoute(declaration: EmptyApiRouteDeclaration): RouteDecorator<void>;
export function ApiRoute<Result extends object, Line extends object>(
  declaration: LinesRouteDeclaration<Result, Line>,
): Result extends Unrenderable ? UnrenderableResultError : RouteDecorator<Result | AsyncIterable<Line>>;
export function ApiRoute<Result extends object>(
  declaration: ApiRouteDeclaration<Result>,
): Result extends Unrenderable ? UnrenderableResultError : RouteDecorator<Result>;
export function ApiRoute(declaration: RouteDeclaration): MethodDecorator {
  return declareRoute(declaration);
}

/** Makes a handler a route of Nova's API: an `ApiRoute` that also has microversions and may be about a server. */
export function NovaRoute(declaration: EmptyNovaRouteDeclaration): RouteDecorator<void>;
export function NovaRoute<Result extends object>(
  declaration: NovaRouteDeclaration<Result>,
): Result extends Unrenderable ? UnrenderableResultError : RouteDecorator<Result>;
export function NovaRoute(declaration: RouteDeclaration): MethodDecorator {
  return declareRoute(declaration);
}

function declareRoute(declaration: RouteDeclaration): MethodDecorator {
  return applyDecorators(
    SetMetadata(ROUTE, declaration),
    RouteConfig(configOf(declaration)),
    setStatus(statusOf(declaration)),
    describeRoute(declaration),
  );
}

/** Returns the part of a declaration that the HTTP adapter and the hooks read. */
function configOf({
  ownStoreOnly,
  writes,
  etag,
  body,
  headers = {},
}: RouteDeclaration): FastifyContextConfig {
  const readsLines = body !== undefined && 'lines' in body;
  return {
    access: 'api',
    ownStoreOnly: ownStoreOnly === true,
    ownTables: writes !== undefined,
    etag: etag === true,
    readsLines,
    requestHeaders: [...Object.keys(headers), ...(etag === true ? ['If-None-Match'] : [])],
  };
}

/** Sets the status of a handler's response. Keeps a status of `@HttpCode()`, which `routeProblem` then rejects. */
function setStatus(status: number): MethodDecorator {
  return (controller, name, method) => {
    if (!Reflect.hasMetadata(HTTP_CODE_METADATA, Object(method.value) as object)) {
      HttpCode(status)(controller, name, method);
    }
  };
}

/** Makes a handler the route of all actions on servers. The body of a request selects the declaration of an action. */
export function DispatchesActions(): MethodDecorator {
  return applyDecorators(
    SetMetadata(DISPATCHES_ACTIONS, true),
    RouteConfig({ access: 'api' }),
    describeActionRoute(),
  );
}

/** The part of the declaration that all routes of one controller share. */
export interface Resource {
  /**
   * The title of the chapter in the OpenAPI document. The names of the operations, such as `listServerActions`, end
   * with this title.
   */
  readonly title: string;
  /** The introduction of that chapter. */
  readonly description?: string;
  /**
   * The path parameter that contains a server's id. A guard returns 404 unless that server is visible to the caller.
   */
  readonly server?: string;
}

/** A resource, and the kind of routes that it may have. */
export interface DeclaredResource extends Resource {
  readonly routes: 'NovaRoute' | 'ApiRoute';
}

/**
 * Stores a resource on its controller class, where the guards and the OpenAPI document read it. Controllers do not use
 * it directly, but through the decorators in `pipeline/resource.ts`.
 */
export function declareResource(resource: DeclaredResource): ClassDecorator {
  return SetMetadata(RESOURCE, resource);
}

/**
 * Declares that no policy protects the routes of a controller.
 *
 * @param access the clients that may use the routes
 * @param reason why no policy is necessary
 */
export function OpenRoutes(access: RouteAccess, reason: string): ClassDecorator {
  return (controller) => {
    SetMetadata(OPEN, reason)(controller);
    for (const [name, method] of Object.entries(Object.getOwnPropertyDescriptors(controller.prototype))) {
      if (typeof method.value === 'function') RouteConfig({ access })(controller, name, method);
    }
  };
}

/** A controller method, as Nest's reflection returns it. */
export type Handler = ReturnType<ExecutionContext['getHandler']>;

export function declaredRoute(reflector: Reflector, handler: Handler): RouteDeclaration | undefined {
  return reflector.get<RouteDeclaration | undefined>(ROUTE, handler);
}

export function declaredResource(reflector: Reflector, controller: Type): DeclaredResource | undefined {
  return reflector.get<DeclaredResource | undefined>(RESOURCE, controller);
}

export function dispatchesActions(reflector: Reflector, handler: Handler): boolean {
  return reflector.get<boolean | undefined>(DISPATCHES_ACTIONS, handler) === true;
}

/** Returns the reason that `OpenRoutes` gave for the controller; undefined without `OpenRoutes`. */
export function openReason(reflector: Reflector, controller: Type): string | undefined {
  return reflector.get<string | undefined>(OPEN, controller);
}
