import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateInstanceActions1700000000001 } from './1700000000001-create-instance-actions.js';
import { KeepMicroseconds1795737600000 } from './1795737600000-keep-microseconds.js';
import { ActionImporter } from './action-importer.js';
import { ActionRecorder } from './action-recorder.js';
import { ActionWriter } from './action-writer.js';
import { insertExampleActions } from './example.js';
import { InstanceActionEvent } from './instance-action-event.entity.js';
import { InstanceAction } from './instance-action.entity.js';
import { InstanceActionsController } from './instance-actions.controller.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { InstanceActionsStore } from './instance-actions.store.js';

/**
 * The actions on a server and their events: `os-instance-actions`, the recorder of new actions, and the writer of the
 * actions of other services.
 */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [InstanceActionsController],
  providers: [ActionImporter, ActionRecorder, ActionWriter, InstanceActionsService, InstanceActionsStore],
  exports: [ActionImporter, ActionRecorder, ActionWriter],
  entities: [InstanceAction, InstanceActionEvent],
  tables: [CreateInstanceActions1700000000001, KeepMicroseconds1795737600000],
  example: insertExampleActions,
})
export class InstanceActionsModule {}
