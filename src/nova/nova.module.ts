import { type OnModuleInit, Optional } from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  Reflector,
} from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Settings } from '../config/settings.js';
import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { Authenticator } from '../identity/authenticator.js';
import { IdentityModule } from '../identity/identity.module.js';
import { FaultFilter } from './pipeline/fault.filter.js';
import { Admission } from './pipeline/admission.js';
import { registerAdmission } from './pipeline/arrival.js';
import { RequestGuard } from './pipeline/microversion.guard.js';
import { Upstream } from './pipeline/upstream.js';
import { PoliciesService } from './policy/policies.service.js';
import { PolicyFiles } from './policy/policy-files.js';
import { RoleGuard } from './pipeline/role.guard.js';
import { QueryGuard } from './pipeline/query.guard.js';
import { declaredPolicies, registeredRoutes } from './route/registered-routes.js';
import { CreateServers1700000000000 } from './servers/1700000000000-create-servers.js';
import { insertExampleServers } from './servers/example.js';
import { ServerGuard } from './pipeline/server.guard.js';
import { ServerEntity } from './servers/server.entity.js';
import { ServersService } from './servers/servers.service.js';
import { interceptAnswers } from './pipeline/intercept-answers.js';
import { ViewInterceptor } from './pipeline/view.interceptor.js';

/** What makes a module Nova-style. The guards run in the order in which they stand here. */
@ModuleWithTables({
  imports: [DiscoveryModule, IdentityModule],
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
    { provide: APP_GUARD, useClass: RequestGuard },
    { provide: APP_GUARD, useClass: QueryGuard },
    { provide: APP_GUARD, useClass: ServerGuard },
    { provide: APP_GUARD, useClass: RoleGuard },
    { provide: APP_FILTER, useClass: FaultFilter },
    ViewInterceptor,
  ],
  exports: [PoliciesService, ServersService],
  entities: [ServerEntity],
  tables: [CreateServers1700000000000],
  example: insertExampleServers,
})
export class NovaModule implements OnModuleInit {
  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly policies: PoliciesService,
    private readonly interceptor: ViewInterceptor,
    @Optional() private readonly upstream?: Upstream,
    @Optional() private readonly admission?: Admission,
  ) {}

  /** The modules' routes bring their policies with them. */
  onModuleInit(): void {
    const fastify = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    registerAdmission(fastify, this.authenticator, this.upstream, this.admission);
    interceptAnswers(fastify, this.interceptor);
    this.policies.register(declaredPolicies(registeredRoutes(this.discovery, this.scanner, this.reflector)));
  }
}
