import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.js';
import { EmptyServerIdController } from './empty-server-id.controller.js';

/**
 * The version documents, and the responses for paths that no module serves. If the service is a facade before nova-api,
 * it passes these requests on to nova-api instead.
 */
@Module({ controllers: [DiscoveryController, EmptyServerIdController] })
export class NovaDiscoveryModule {}
