import { Module } from '@nestjs/common';
import { OwnExample, OwnTables } from '../database/tables/creates-tables.js';
import { CreateInstanceActions1700000000001 } from './1700000000001-create-instance-actions.js';
import { insertExampleActions } from './example.js';
import { InstanceActionsController } from './instance-actions.controller.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { InstanceActionsStore } from './instance-actions.store.js';

/** The log of what was asked of a server, and what came of it: `os-instance-actions`. */
@OwnTables(CreateInstanceActions1700000000001)
@OwnExample(insertExampleActions)
@Module({
  controllers: [InstanceActionsController],
  providers: [InstanceActionsService, InstanceActionsStore],
})
export class InstanceActionsModule {}
