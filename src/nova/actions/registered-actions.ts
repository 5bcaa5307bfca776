import type { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { classNameOf } from '../../common/class-name.js';
import type { Handler } from '../route/declarations.js';
import { actionsTitle, declaredAction, type DeclaredAction, type ServerActionCall } from './server-action.js';

/** An action of a module of this deployment. */
export interface RegisteredAction extends DeclaredAction {
  /** The title of the actions of its class. */
  readonly title: string;
  run(call: ServerActionCall): unknown;
}

/**
 * Returns the actions on servers of all modules of this deployment, by their names.
 *
 * @throws Error if two methods declare the same action
 */
export function registeredActions(
  discovery: Pick<DiscoveryService, 'getProviders'>,
  scanner: MetadataScanner,
  reflector: Reflector,
): ReadonlyMap<string, RegisteredAction> {
  const actions = new Map<string, RegisteredAction>();
  const owners = new Map<string, string>();
  for (const wrapper of discovery.getProviders()) {
    const { metatype } = wrapper;
    const title = actionsTitle(reflector, metatype);
    if (title === undefined || metatype === null || wrapper.isAlias) continue;
    const prototype = metatype.prototype as Record<string, Handler>;
    for (const method of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[method];
      const action = handler && declaredAction(reflector, handler);
      if (!handler || !action) continue;
      const owner = `${classNameOf(metatype.name)}.${method}`;
      const other = owners.get(action.name);
      if (other !== undefined)
        throw new Error(`${other} and ${owner} declare the same action ${action.name}`);
      owners.set(action.name, owner);
      const run = (call: ServerActionCall): unknown =>
        Reflect.apply(handler, wrapper.instance, [call]) as unknown;
      actions.set(action.name, { ...action, title, run });
    }
  }
  return actions;
}
