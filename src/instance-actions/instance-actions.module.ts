import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateInstanceActions1700000000001 } from './1700000000001-create-instance-actions.js';
import { insertExampleActions } from './example.js';
import { InstanceActionEvent } from './instance-action-event.entity.js';
import { InstanceAction } from './instance-action.entity.js';
import { InstanceActionsController } from './instance-actions.controller.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { InstanceActionsStore } from './instance-actions.store.js';

/** The actions on a server and their events: `os-instance-actions`. */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [InstanceActionsController],
  providers: [InstanceActionsService, InstanceActionsStore],
  entities: [InstanceAction, InstanceActionEvent],
  tables: [CreateInstanceActions1700000000001],
  example: insertExampleActions,
})
export class InstanceActionsModule {}
