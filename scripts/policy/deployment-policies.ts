import 'reflect-metadata';
import { DiscoveryService, MetadataScanner, ModulesContainer, NestFactory, Reflector } from '@nestjs/core';
import { AppModule } from '../../src/app.module.js';
import { Settings } from '../../src/config/settings.js';
import type { Policy } from '../../src/nova/policy/policy.js';
import { declaredPolicies, registeredRoutes } from '../../src/nova/route/registered-routes.js';

/** The policies of all modules of this deployment, found without starting any of them. */
export async function deploymentPolicies(): Promise<Policy[]> {
  const plan = await NestFactory.createApplicationContext(AppModule.forRoot(new Settings()), {
    // The modules are put together and nothing of them is made: no store is opened, no file read.
    preview: true,
    abortOnError: false,
    logger: false,
  });
  const discovery = new DiscoveryService(plan.get(ModulesContainer));
  return declaredPolicies(registeredRoutes(discovery, new MetadataScanner(), new Reflector()));
}
