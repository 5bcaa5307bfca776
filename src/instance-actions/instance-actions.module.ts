import { Module } from '@nestjs/common';
import { InstanceActionsController } from './instance-actions.controller.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { InstanceActionsStore } from './instance-actions.store.js';

/** The log of what was asked of a server, and what came of it: `os-instance-actions`. */
@Module({
  controllers: [InstanceActionsController],
  providers: [InstanceActionsService, InstanceActionsStore],
})
export class InstanceActionsModule {}
