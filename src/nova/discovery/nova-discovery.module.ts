import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.js';
import { EmptyServerIdController } from './empty-server-id.controller.js';

/** What this service says in Nova's name of all that it does not serve, where there is no Nova behind it. */
@Module({ controllers: [DiscoveryController, EmptyServerIdController] })
export class NovaDiscoveryModule {}
