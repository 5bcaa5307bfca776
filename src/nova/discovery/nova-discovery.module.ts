import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.js';
import { EmptyServerIdController } from './empty-server-id.controller.js';

/**
 * The version documents, and the responses for paths that no module serves. A facade passes these paths on to nova-api.
 */
@Module({ controllers: [DiscoveryController, EmptyServerIdController] })
export class NovaDiscoveryModule {}
