import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { InstanceActionsModule } from '../instance-actions/instance-actions.module.js';
import { AddLocks1796000000002 } from './1796000000002-add-locks.js';
import { ServerLockActions } from './server-lock.actions.js';

/** The actions `lock` and `unlock` on servers. */
@ModuleWithTables({
  imports: [InstanceActionsModule],
  providers: [ServerLockActions],
  tables: [AddLocks1796000000002],
})
export class ServerLockModule {}
