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

/** The kit reads no bodies, and every answer has the status 200. */
const METHODS: ReadonlySet<unknown> = new Set([RequestMethod.GET, RequestMethod.HEAD]);

/** Parameters that the kit has nothing for, or by which a handler would answer past the view. */
const PARAMETERS: ReadonlyMap<number, string> = new Map([
  [RouteParamtypes.RESPONSE, '@Res()'],
  [RouteParamtypes.NEXT, '@Next()'],
  [RouteParamtypes.QUERY, '@Query(), but @CheckedQuery()'],
  [RouteParamtypes.BODY, '@Body()'],
  [RouteParamtypes.RAW_BODY, '@RawBody()'],
  [RouteParamtypes.FILE, '@UploadedFile()'],
  [RouteParamtypes.FILES, '@UploadedFiles()'],
]);

/** Decorators that change an answer past the view and the documentation. */
const DECORATORS: ReadonlyMap<string, string> = new Map([
  [HTTP_CODE_METADATA, '@HttpCode()'],
  [HEADERS_METADATA, '@Header()'],
  [REDIRECT_METADATA, '@Redirect()'],
  [RENDER_METADATA, '@Render()'],
]);

/** The parameter that names a server in a path, and the beginning of paths of Nova's API. */
const SERVER = /(?:^|\/)servers\/:(\w+)/;
const OF_NOVA = /^v2(?:\.1)?(?:\/|$)/;

/** Why the kit cannot serve a handler as it is declared; undefined if the kit can. */
export function routeProblem(
  { query }: RouteDeclaration,
  resource: DeclaredResource | undefined,
  controller: Type,
  method: string,
  handler: Handler,
): string | undefined {
  const [kind, a] = query instanceof QuerySteps ? ['NovaRoute', 'a NovaRoute'] : ['ApiRoute', 'an ApiRoute'];
  const wanted = kind === 'NovaRoute' ? 'NovaResource' : 'ApiResource';
  if (resource?.routes !== kind) return `${a} needs the guards of its class: its decorator is @${wanted}()`;
  const paths = pathsOf(controller, handler);
  if (kind === 'ApiRoute' && paths.some((path) => OF_NOVA.test(path)))
    return "it would skip the checks of Nova's API: below v2.1 its class must be a @NovaResource()";
  const servers = paths.flatMap((path) => SERVER.exec(path)?.[1] ?? []);
  const unknown = servers.find((server) => server !== resource.server);
  if (unknown !== undefined)
    return `no guard looks up the server of its path: its class must declare server: '${unknown}'`;
  const verb: unknown = Reflect.getMetadata(METHOD_METADATA, handler);
  if (verb === undefined) return `it has ${a} and no @Get()`;
  if (!METHODS.has(verb)) return `${a} can only be a GET or a HEAD, not ${RequestMethod[Number(verb)] ?? ''}`;
  if (Reflect.hasMetadata(SSE_METADATA, handler)) return `${a} sends no events, but what its view renders`;
  const decorator = [...DECORATORS].find(([key]) => Reflect.hasMetadata(key, handler))?.[1];
  if (decorator !== undefined)
    return `${a} answers with status 200 what its view renders: it cannot have ${decorator}`;
  const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method);
  // Each key begins with the kind of the parameter; those of the kit's own parameters are no numbers.
  const kinds = Object.keys(Object(parameters) as object).map((key) => Number(key.split(':')[0]));
  const refused = kinds.map((number) => PARAMETERS.get(number)).find((name) => name !== undefined);
  return refused && `${a} reads no body and answers by its view: it cannot take ${refused}`;
}

/** Every path at which a handler is mounted, as Nest normalises it: without slashes at its ends, and without empty parts. */
function pathsOf(controller: Type, handler: Handler): string[] {
  const [outer = [], inner = []] = [controller, handler].map((one) =>
    [Reflect.getMetadata(PATH_METADATA, one) as string | string[] | undefined]
      .flat()
      .map((path) => path ?? ''),
  );
  return outer.flatMap((one) => inner.map((other) => withoutEmptyParts(`${one}/${other}`)));
}

/** `/servers//:id/` is `servers/:id`. */
export function withoutEmptyParts(path: string): string {
  return path.split('/').filter(Boolean).join('/');
}
