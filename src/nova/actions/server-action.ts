import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { RequestContext } from '../../identity/request-context.js';
import type { BodySteps } from '../body/body-steps.js';
import type { Microversion } from '../microversion/microversion.js';
import type { EnforcePolicy } from '../pipeline/exchange.js';
import { type QuerySteps, UNCHECKED_QUERY } from '../query/query-steps.js';
import type { Handler } from '../route/declarations.js';
import type {
  EmptyNovaRouteDeclaration,
  NovaRouteDeclaration,
  RouteDeclaration,
} from '../route/nova-route.js';
import type { Server } from '../servers/server.js';

/** A request for an action on a server, as the method of the action receives it. */
export interface ServerActionCall<Body extends object = object> {
  readonly caller: RequestContext;
  /** The server that the URL names. It is visible to the caller. */
  readonly server: Server;
  /** The checked body: a frozen instance of the body class for the negotiated microversion. */
  readonly body: Body;
  readonly version: Microversion;
  /** Enforces one of the `laterPolicies` of the action. */
  readonly enforce: EnforcePolicy;
}

/** The input of an action. Its body has one property with the name of the action. */
interface ActionInput {
  readonly body: BodySteps;
  /** By default, the action ignores all query parameters, as most actions of Nova do. */
  readonly query?: QuerySteps;
}

type InputName =
  'body' | 'query' | 'parameters' | 'examples' | 'item' | 'deletedServersFrom' | 'ownStoreOnly';

/** The declaration of an action whose response has no body: the method returns nothing. */
export type EmptyServerActionDeclaration = Omit<EmptyNovaRouteDeclaration, InputName> & ActionInput;

/** The declaration of an action whose response has a body. */
export type ServerActionDeclaration<Result> = Omit<NovaRouteDeclaration<Result>, InputName> & ActionInput;

type ActionDecorator<Result> = <Method extends (call: never) => Result | Promise<Result>>(
  provider: object,
  name: string | symbol,
  method: TypedPropertyDescriptor<Method>,
) => void;

/** An action on a server, as its decorator declares it. */
export interface DeclaredAction {
  readonly name: string;
  readonly route: RouteDeclaration;
}

const ACTIONS = 'nova:server-actions';
const ACTION = 'nova:server-action';

/**
 * Makes a class a provider of actions on servers. The service finds the class at the start if a module provides it.
 *
 * @param title the title of the actions in the documentation
 */
export function ServerActions({ title }: { readonly title: string }): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(ACTIONS, title));
}

/**
 * Makes a method an action on a server: `POST /servers/{server_id}/action` with a body whose only key is the name of
 * the action. The method gets a `ServerActionCall`.
 */
export function ServerAction(name: string, action: EmptyServerActionDeclaration): ActionDecorator<void>;
export function ServerAction<Result extends object>(
  name: string,
  action: ServerActionDeclaration<Result>,
): ActionDecorator<Result>;
export function ServerAction(
  name: string,
  action: EmptyServerActionDeclaration | ServerActionDeclaration<never>,
): MethodDecorator {
  const route = { query: UNCHECKED_QUERY, ...action } as RouteDeclaration;
  return SetMetadata(ACTION, { name, route } satisfies DeclaredAction);
}

/** Returns the title that `ServerActions` gave the class; undefined for any other class. */
export function actionsTitle(reflector: Reflector, provider: object | null): string | undefined {
  return typeof provider === 'function'
    ? reflector.get<string | undefined>(ACTIONS, provider as never)
    : undefined;
}

/** Returns the action that the method is; undefined for any other method. */
export function declaredAction(reflector: Reflector, method: Handler): DeclaredAction | undefined {
  return reflector.get<DeclaredAction | undefined>(ACTION, method);
}
