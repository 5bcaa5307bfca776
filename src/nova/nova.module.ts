import { Logger, type OnModuleInit } from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  DiscoveryModule,
  DiscoveryService,
  MetadataScanner,
  Reflector,
} from '@nestjs/core';
import { Settings } from '../config/settings.js';
import { CreateLocks1796000000000 } from '../database/own-store/one-at-a-time.js';
import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { registeredActions } from './actions/registered-actions.js';
import { ServerActionController } from './actions/server-action.controller.js';
import { ServerActionDirectory } from './actions/server-action-directory.js';
import { DeclarationGuard } from './pipeline/declaration.guard.js';
import { FaultFilter } from './pipeline/fault.filter.js';
import { PoliciesService } from './policy/policies.service.js';
import { PolicyFiles } from './policy/policy-files.js';
import { declaredPolicies, registeredRoutes } from './route/registered-routes.js';
import { CreateServers1700000000000 } from './servers/1700000000000-create-servers.js';
import { KeepServerFacts1798000000002 } from './servers/1798000000002-keep-server-facts.js';
import { insertExampleServers } from './servers/example.js';
import { ServerEntity } from './servers/server.entity.js';
import { ServersService } from './servers/servers.service.js';

/**
 * The shared code that makes each module respond as Nova does (microversions, policies, faults, …). This module exports
 * the providers that the guards of every resource need.
 */
@ModuleWithTables({
  imports: [DiscoveryModule],
  controllers: [ServerActionController],
  providers: [
    MetadataScanner,
    {
      provide: PolicyFiles,
      inject: [Settings],
      useFactory: ({ POLICY_FILE: file, POLICY_DIRS: folders }: Settings) =>
        PolicyFiles.open({ file, folders }),
    },
    PoliciesService,
    ServersService,
    ServerActionDirectory,
    { provide: APP_GUARD, useClass: DeclarationGuard },
    { provide: APP_FILTER, useClass: FaultFilter },
  ],
  exports: [PoliciesService, ServersService],
  entities: [ServerEntity],
  tables: [CreateServers1700000000000, CreateLocks1796000000000, KeepServerFacts1798000000002],
  example: insertExampleServers,
})
export class NovaModule implements OnModuleInit {
  private readonly log = new Logger(NovaModule.name);

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly policies: PoliciesService,
  ) {}

  /** Registers the policies that the routes of all modules declare. */
  onModuleInit(): void {
    const routes = registeredRoutes(this.discovery, this.scanner, this.reflector);
    const actions = registeredActions(this.discovery, this.scanner, this.reflector);
    const declarations = [...actions.values()].map(({ route: declaration }) => ({ declaration }));
    this.policies.register(declaredPolicies([...routes, ...declarations]));
    for (const { controller, method, declaration, openReason } of routes) {
      if (declaration === undefined && openReason === undefined)
        this.log.warn(`${controller}.${method} declares no access, so every caller gets 403`);
    }
  }
}
