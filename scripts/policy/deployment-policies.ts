import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { MODULES } from '../../src/modules.js';
import { registeredActions } from '../../src/nova/actions/registered-actions.js';
import type { Policy } from '../../src/nova/policy/policy.js';
import { declaredPolicies, registeredRoutes } from '../../src/nova/route/registered-routes.js';

/**
 * Returns the policies of all modules of this deployment. It reads the declarations only, and starts no application.
 */
export function deploymentPolicies(): Policy[] {
  const classes = (key: string): InstanceWrapper[] =>
    MODULES.flatMap((module) => {
      const declared = Reflect.getMetadata(key, module) as (Type | object)[] | undefined;
      const types = (declared ?? []).filter((one) => typeof one === 'function');
      return types.map((metatype) => new InstanceWrapper({ metatype: metatype as Type }));
    });
  const discovery = {
    getControllers: () => classes(MODULE_METADATA.CONTROLLERS),
    getProviders: () => classes(MODULE_METADATA.PROVIDERS),
  };
  const [scanner, reflector] = [new MetadataScanner(), new Reflector()];
  const actions = [...registeredActions(discovery, scanner, reflector).values()];
  return declaredPolicies([
    ...registeredRoutes(discovery, scanner, reflector),
    ...actions.map(({ route }) => ({ declaration: route })),
  ]);
}
