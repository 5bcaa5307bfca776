import { Module } from '@nestjs/common';
import { ServersController } from './empty-server-id.controller.js';
import { DiscoveryController } from './discovery.controller.js';

/** What this service says in Nova's name of all that it does not serve, where there is no Nova behind it. */
@Module({ controllers: [DiscoveryController, ServersController] })
export class NovaDiscoveryModule {}
