import type { Type } from '@nestjs/common';
import { DiscoveryService, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '../../common/project.js';
import { Settings } from '../../config/settings.js';
import { Authenticator } from '../../identity/authenticator.js';
import { documentedActions } from '../../nova/actions/documented-actions.js';
import { ServerActionDirectory } from '../../nova/actions/server-action-directory.js';
import { declaredResource } from '../../nova/route/declarations.js';
import { hasProblems } from '../../nova/fault/problem.js';
import { FAULT_COMPONENTS, FAULT_RESPONSES } from '../../nova/route/documented-faults.js';
import { PROBLEM_COMPONENTS, PROBLEM_RESPONSES } from '../../nova/route/documented-problems.js';
import { tokenHint } from './token-hint.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Tag = NonNullable<OpenAPIObject['tags']>[number];
type Parameter = NonNullable<Operation['parameters']>[number];

const ACTIONS_PATH = '/v2.1/servers/{server_id}/action';

const DESCRIPTION =
  'The action log of OpenStack servers, and related resources, as in Nova’s API. A path may contain a project id after ' +
  '`/v2.1`. Paths that start with `/v2` behave like `/v2.1` with microversion 2.1. `x-openstack` shows the first ' +
  'microversion with a parameter or a field.\n\n' +
  'Errors below `/action-log` are problems (RFC 9457). All other errors have Nova’s format: ' +
  '`{"itemNotFound": {"code": 404, "message": "…"}}`. The error for a missing or invalid token has Keystone’s format: ' +
  '`{"error": {"code": 401, "title": "Unauthorized", "message": "…"}}`.';

/** Returns the OpenAPI document of all routes. */
export function openApiDocument(application: NestFastifyApplication): OpenAPIObject {
  const settings = application.get(Settings);
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('nova-action-log')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    // The address is relative to the document, so that a proxy may add a path prefix.
    .addServer('.', 'This service')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Auth-Token',
        description: tokenHint(settings, application.get(Authenticator)),
      },
      'token',
    );
  if (settings.PUBLIC_URL !== undefined) builder.addServer(settings.PUBLIC_URL, 'The public address');
  const document = SwaggerModule.createDocument(application, builder.build(), {
    operationIdFactory: (_controller, method) => `${UNNAMED}${method}`,
  });
  const components = (document.components ??= {});
  for (const { schemas, responses } of [FAULT_COMPONENTS, PROBLEM_COMPONENTS]) {
    components.schemas = { ...components.schemas, ...schemas };
    components.responses = { ...components.responses, ...responses };
  }
  const actions = application.get(ServerActionDirectory).all;
  removeUnserved(document, application);
  if (actions.length === 0) Reflect.deleteProperty(document.paths, ACTIONS_PATH);
  for (const [path, item] of Object.entries(document.paths)) {
    if (path === ACTIONS_PATH) Object.assign(item.post ?? {}, documentedActions(actions));
    for (const operation of Object.values(item) as Operation[]) complete(operation, path);
  }
  document.tags = usedChapters(application, document);
  return document;
}

/** Removes the operations that this deployment does not serve, because the HTTP adapter has not registered their routes. */
function removeUnserved({ paths }: OpenAPIObject, application: NestFastifyApplication): void {
  const fastify = application.getHttpAdapter().getInstance();
  for (const [path, item] of Object.entries(paths)) {
    // In the patterns of routes, a colon before a name begins a parameter, and two colons are one literal colon.
    const url = path.replaceAll(':', '::').replace(/\{(\w+)\}/g, ':$1');
    for (const method of Object.keys(item) as (keyof PathItem)[])
      if (!fastify.hasRoute({ method: method.toUpperCase(), url })) Reflect.deleteProperty(item, method);
    if (Object.keys(item).length === 0) Reflect.deleteProperty(paths, path);
  }
}

/** Returns the chapters (tags) that have operations, with their descriptions, in the order of the modules. */
function usedChapters(application: NestFastifyApplication, { paths }: OpenAPIObject): Tag[] {
  const reflector = application.get(Reflector);
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as Operation[]);
  const used = new Set(operations.flatMap(({ tags = [] }) => tags));
  const controllers = application.get(DiscoveryService).getControllers();
  const chapters = new Map(
    controllers
      .flatMap(({ metatype }) => declaredResource(reflector, metatype as Type) ?? [])
      .map(({ title, description = '' }) => [title, description]),
  );
  return [...chapters]
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }));
}

/** The prefix of the id of an operation whose declaration has no name. The name of the handler follows. */
const UNNAMED = '.';

/** Adds the parts that all operations share: a unique id, the order of parameters, and the error responses. */
function complete(operation: Operation, path: string): void {
  const { operationId: id = '', tags: [chapter = ''] = [] } = operation;
  if (id.startsWith(UNNAMED)) operation.operationId = operationId(id.slice(UNNAMED.length), chapter, path);
  operation.parameters?.sort((one, other) => sortKey(one, path) - sortKey(other, path));
  const errors = hasProblems(path) ? PROBLEM_RESPONSES : FAULT_RESPONSES;
  operation.responses = { ...errors, ...operation.responses };
}

/**
 * Returns the name of an operation, from which generators of clients derive a method name: `listServerActions` or
 * `showServerAction`.
 *
 * @param method the name of the controller's method
 * @param chapter the title of the chapter, in the plural
 */
function operationId(method: string, chapter: string, path: string): string {
  const words = chapter.split(/\W+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const name = words.join('');
  return method + (path.endsWith('}') ? name.replace(/ies$/, 'y').replace(/(?<=s|x)es$|(?<!s)s$/, '') : name);
}

/**
 * Returns a key for sorting parameters: path parameters come first, in the order of the path, then query parameters,
 * then headers.
 */
function sortKey(parameter: Parameter, path: string): number {
  if (!('in' in parameter)) return path.length;
  if (parameter.in === 'path') return path.indexOf(`{${parameter.name}}`);
  return path.length + (parameter.in === 'header' ? 1 : 0);
}
