import { RequestMethod, type Type } from '@nestjs/common';
import {
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { QuerySteps } from '../query/query-steps.js';
import type { DeclaredResource, Handler } from './declarations.js';
import type { RouteDeclaration } from './nova-route.js';

/**
 * The HTTP methods that a route may have. The service reads no request body, and sends every successful response with
 * the status 200, so it supports no other methods.
 */
const METHODS: ReadonlySet<unknown> = new Set([RequestMethod.GET, RequestMethod.HEAD]);

/**
 * Parameter decorators that a handler cannot have. For some of these decorators, the service has no value. With the
 * others, the response would not be rendered by the view of the route.
 */
const PARAMETERS: ReadonlyMap<number, string> = new Map([
  [RouteParamtypes.RESPONSE, '@Res()'],
  [RouteParamtypes.NEXT, '@Next()'],
  [RouteParamtypes.QUERY, '@Query(), only @CheckedQuery()'],
  [RouteParamtypes.BODY, '@Body()'],
  [RouteParamtypes.RAW_BODY, '@RawBody()'],
  [RouteParamtypes.FILE, '@UploadedFile()'],
  [RouteParamtypes.FILES, '@UploadedFiles()'],
]);

/**
 * Decorators that a handler cannot have, because they would change the response without the view or the documentation.
 */
const DECORATORS: ReadonlyMap<string, string> = new Map([
  [HTTP_CODE_METADATA, '@HttpCode()'],
  [HEADERS_METADATA, '@Header()'],
  [REDIRECT_METADATA, '@Redirect()'],
  [RENDER_METADATA, '@Render()'],
]);

/** Matches a path that contains a server's id, and captures the name of that parameter. */
const SERVER_PATH = /(?:^|\/)servers\/:(\w+)/;
/** Matches a path of Nova's API. */
const NOVA_PATH = /^v2(?:\.1)?(?:\/|$)/;

/**
 * Returns the reason why the service cannot serve a handler with this declaration; undefined if the service can serve
 * it.
 */
export function routeProblem(
  { query }: RouteDeclaration,
  resource: DeclaredResource | undefined,
  controller: Type,
  method: string,
  handler: Handler,
): string | undefined {
  const [kind, a] = query instanceof QuerySteps ? ['NovaRoute', 'a NovaRoute'] : ['ApiRoute', 'an ApiRoute'];
  const needed = kind === 'NovaRoute' ? 'NovaResource' : 'ApiResource';
  if (resource?.routes !== kind)
    return `${a} needs a class with the decorator @${needed}(), which adds its guards`;
  const paths = pathsOf(controller, handler);
  if (kind === 'ApiRoute' && paths.some((path) => NOVA_PATH.test(path)))
    return "below /v2.1 and /v2, Nova's checks are necessary: its class must have the decorator @NovaResource()";
  const servers = paths.flatMap((path) => SERVER_PATH.exec(path)?.[1] ?? []);
  const unknown = servers.find((server) => server !== resource.server);
  if (unknown !== undefined)
    return `its path contains a server's id: its class must declare server: '${unknown}'`;
  const verb: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  if (verb === undefined) return `it has the decorator @${kind}(), but not @Get()`;
  if (!METHODS.has(verb)) return `${a} can only be a GET or a HEAD, not ${RequestMethod[Number(verb)] ?? ''}`;
  if (Reflect.hasMetadata(SSE_METADATA, handler))
    return `${a} cannot have @Sse(): its view renders the whole response`;
  const decorator = [...DECORATORS].find(([key]) => Reflect.hasMetadata(key, handler))?.[1];
  if (decorator !== undefined)
    return `${a} cannot have ${decorator}: its status is 200, and its view renders the whole response`;
  const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method);
  // Each key begins with Nest's numeric code for the kind of parameter, such as body or query. The keys of this
  // project's own decorators begin with a text.
  const kinds = Object.keys(Object(parameters) as object).map((key) => Number(key.split(':')[0]));
  const unsupported = kinds.map((number) => PARAMETERS.get(number)).find((name) => name !== undefined);
  return (
    unsupported && `${a} cannot have ${unsupported}: it reads no body, and its view renders the response`
  );
}

/** Returns every path of a handler in Nest's normalized form: without slashes at its ends, and without empty parts. */
function pathsOf(controller: Type, handler: Handler): string[] {
  const [outer = [], inner = []] = [controller, handler].map((one) =>
    [Reflect.getMetadata(PATH_METADATA, one) as string | string[] | undefined]
      .flat()
      .map((path) => path ?? ''),
  );
  return outer.flatMap((one) => inner.map((other) => withoutEmptyParts(`${one}/${other}`)));
}

/** Returns a path without empty parts: `servers/:id` for `/servers//:id/`. */
export function withoutEmptyParts(path: string): string {
  return path.split('/').filter(Boolean).join('/');
}
