import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.js';

/**
 * The version documents, and the responses for paths that no module serves. If the service runs in front of nova-api,
 * it passes requests for these paths on to nova-api instead.
 */
@Module({ controllers: [DiscoveryController] })
export class NovaDiscoveryModule {}
