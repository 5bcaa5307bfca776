import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, Reflector } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { MODULES } from '../../src/modules.js';
import type { Policy } from '../../src/nova/policy/policy.js';
import { declaredPolicies, registeredRoutes } from '../../src/nova/route/registered-routes.js';

/**
 * Returns the policies of all modules of this deployment. It reads the declarations only, and starts no application.
 */
export function deploymentPolicies(): Policy[] {
  const controllers = MODULES.flatMap((module) => {
    const declared = Reflect.getMetadata(MODULE_METADATA.CONTROLLERS, module) as Type[] | undefined;
    return (declared ?? []).map((metatype) => new InstanceWrapper({ metatype }));
  });
  const discovery = { getControllers: () => controllers };
  return declaredPolicies(registeredRoutes(discovery, new MetadataScanner(), new Reflector()));
}
