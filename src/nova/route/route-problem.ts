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
import { type NeededInput, type RouteDeclaration, statusOf } from './nova-route.js';

/** The methods of a route that only reads. */
const READ_METHODS: ReadonlySet<unknown> = new Set([RequestMethod.GET, RequestMethod.HEAD]);
/** The methods of a route of Nova's API that writes. */
const NOVA_WRITES: ReadonlySet<unknown> = new Set([
  RequestMethod.POST,
  RequestMethod.PUT,
  RequestMethod.DELETE,
]);

/** The methods of a route outside Nova's API that writes. */
const API_WRITES: ReadonlySet<unknown> = new Set([...NOVA_WRITES, RequestMethod.PATCH]);

/**
 * Parameter decorators that a handler cannot have. For some of these decorators, the service has no value. With the
 * others, the response would not be rendered by the view of the route.
 */
const PARAMETERS: ReadonlyMap<number, string> = new Map([
  [RouteParamtypes.RESPONSE, '@Res()'],
  [RouteParamtypes.NEXT, '@Next()'],
  [RouteParamtypes.QUERY, '@Query(), only @CheckedQuery()'],
  [RouteParamtypes.BODY, '@Body(), only @CheckedBody()'],
  [RouteParamtypes.RAW_BODY, '@RawBody(), only @CheckedBody()'],
  [RouteParamtypes.FILE, '@UploadedFile()'],
  [RouteParamtypes.FILES, '@UploadedFiles()'],
]);

/**
 * Decorators that a handler cannot have, because they would change the response without the view or the documentation.
 */
const DECORATORS: ReadonlyMap<string, string> = new Map([
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
  declaration: RouteDeclaration,
  resource: DeclaredResource | undefined,
  controller: Type,
  method: string,
  handler: Handler,
): string | undefined {
  const { query, body, view } = declaration;
  const [kind, a] = query instanceof QuerySteps ? ['NovaRoute', 'a NovaRoute'] : ['ApiRoute', 'an ApiRoute'];
  const decorated = kind === 'NovaRoute' ? 'NovaResource' : 'ApiResource';
  if (resource?.routes !== kind)
    return `${a} needs a class with the decorator @${decorated}(), which adds its guards`;
  const paths = pathsOf(controller, handler);
  if (kind === 'ApiRoute' && paths.some((path) => NOVA_PATH.test(path)))
    return "below /v2.1 and /v2, Nova's checks are necessary: its class must have the decorator @NovaResource()";
  const servers = paths.flatMap((path) => SERVER_PATH.exec(path)?.[1] ?? []);
  const unknown = servers.find((server) => server !== resource.server);
  if (unknown !== undefined)
    return `its path contains a server's id: its class must declare server: '${unknown}'`;
  const verb: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  const isNova = kind === 'NovaRoute';
  const writing = isNova ? '@Post(), @Put() or @Delete()' : '@Post(), @Put(), @Patch() or @Delete()';
  if (verb === undefined) return `it has the decorator @${kind}(), but not @Get(), ${writing}`;
  if (READ_METHODS.has(verb)) {
    if (body !== undefined) return `${a} without ${writing} cannot have a body`;
    if (view === undefined) return `${a} without ${writing} must have a view`;
  } else if (!(isNova ? NOVA_WRITES : API_WRITES).has(verb)) {
    return `${a} can only have @Get(), @Head(), ${writing}, not ${RequestMethod[Number(verb)] ?? ''}`;
  } else if (declaration.etag === true || declaration.lines !== undefined) {
    return `${a} with etag or lines must have @Get()`;
  }
  if (Reflect.hasMetadata(SSE_METADATA, handler))
    return `${a} cannot have @Sse(): its view renders the whole response`;
  const decorator = [...DECORATORS].find(([key]) => Reflect.hasMetadata(key, handler))?.[1];
  if (decorator !== undefined) return `${a} cannot have ${decorator}: its view renders the whole response`;
  if (Reflect.getMetadata(HTTP_CODE_METADATA, handler) !== statusOf(declaration))
    return `${a} cannot have @HttpCode(): declare its status in @${kind}()`;
  const { item } = declaration;
  if (item !== undefined && !paths.every((path) => path.split('/').includes(`:${item.parameter}`)))
    return `its path must contain the item's parameter :${item.parameter}`;
  const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method);
  const declared = parametersOf(parameters);
  const needed = declared
    .map(({ factory }) => factory?.needs)
    .find((input) => input !== undefined && declaration[input] === undefined);
  if (needed !== undefined) return `its handler has a parameter that needs ${needed} in @${kind}()`;
  const header = declared
    .flatMap(({ factory, data }) => (factory?.needs === 'headers' ? [String(data)] : []))
    .find((name) => !Object.hasOwn(declaration.headers ?? {}, name));
  if (header !== undefined) return `its handler has a parameter for the undeclared header ${header}`;
  // Each key begins with Nest's numeric code for the kind of parameter, such as body or query. The keys of this
  // project's own decorators begin with a text.
  const kinds = Object.keys(Object(parameters) as object).map((key) => Number(key.split(':')[0]));
  const unsupported = kinds.map((number) => PARAMETERS.get(number)).find((name) => name !== undefined);
  return (
    unsupported &&
    `${a} cannot have ${unsupported}: the kit checks the input, and the view renders the response`
  );
}

/** Returns the metadata of a handler's parameters. */
function parametersOf(
  metadata: unknown,
): readonly { readonly factory?: { readonly needs?: NeededInput }; readonly data?: unknown }[] {
  return Object.values(Object(metadata) as object) as ReturnType<typeof parametersOf>;
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
