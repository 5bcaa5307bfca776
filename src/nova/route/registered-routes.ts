import type { Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import { classNameOf } from '../../common/class-name.js';
import {
  declaredResource,
  declaredRoute,
  dispatchesActions,
  type Handler,
  openReason,
} from './declarations.js';
import type { Policy } from '../policy/policy.js';
import type { RouteDeclaration } from './nova-route.js';
import { routeProblem } from './route-problem.js';

/** A route of a module: its handler and its declaration. */
export interface RegisteredRoute {
  readonly controller: string;
  readonly method: string;
  readonly handler: Handler;
  readonly declaration: RouteDeclaration | undefined;
  /** The reason why no policy protects the route; undefined if a policy does. */
  readonly openReason: string | undefined;
}

/**
 * Returns all routes of all modules of this deployment, except that of the actions on servers.
 *
 * @throws Error that names a route that this service cannot serve as declared
 */
export function registeredRoutes(
  discovery: Pick<DiscoveryService, 'getControllers'>,
  scanner: MetadataScanner,
  reflector: Reflector,
): RegisteredRoute[] {
  return discovery.getControllers().flatMap(({ metatype, host }) => {
    const controller = metatype as Type;
    const prototype = controller.prototype as Record<string, Handler>;
    return scanner.getAllMethodNames(prototype).flatMap((method) => {
      const handler = prototype[method];
      const declaration = handler && declaredRoute(reflector, handler);
      if (!handler || dispatchesActions(reflector, handler)) return [];
      if (!(declaration || Reflect.hasMetadata(PATH_METADATA, handler))) return [];
      const problem =
        declaration &&
        (routeProblem(declaration, declaredResource(reflector, controller), controller, method, handler) ??
          finderProblem(declaration, host));
      const name = classNameOf(controller.name);
      if (problem !== undefined) throw new Error(`${name}.${method} cannot be served: ${problem}`);
      const reason = openReason(reflector, controller);
      return [{ controller: name, method, handler, declaration, openReason: reason }];
    });
  });
}

/** @param host the module of the controller; undefined if only the declarations are read */
function finderProblem({ item }: RouteDeclaration, host: Module | undefined): string | undefined {
  if (item === undefined || host === undefined || host.providers.has(item.finder)) return undefined;
  return `its module must provide ${item.finder.name}`;
}

/** Returns the policies that routes and actions declare, each once. */
export function declaredPolicies(routes: readonly Pick<RegisteredRoute, 'declaration'>[]): Policy[] {
  const declarations = routes.flatMap(({ declaration }) => (declaration === undefined ? [] : [declaration]));
  const policies = declarations.flatMap(
    ({ policy, alsoNeeds = [], laterPolicies = [], internal, fields }) => [
      policy,
      ...alsoNeeds.map((needed) => needed.policy),
      ...laterPolicies,
      ...(internal === undefined ? [] : [internal]),
      ...Object.values(fields ?? {}),
    ],
  );
  return [...new Set(policies)];
}
