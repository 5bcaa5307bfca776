import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateServerGroups1796000000001 } from './1796000000001-create-server-groups.js';
import { insertExampleGroup } from './example.js';
import { ServerGroup, ServerGroupMember, ServerGroupPolicy } from './server-group.entities.js';
import { ServerGroupsController } from './server-groups.controller.js';
import { ServerGroupsService } from './server-groups.service.js';

/** The groups of servers: `os-server-groups`. */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [ServerGroupsController],
  providers: [ServerGroupsService],
  entities: [ServerGroup, ServerGroupPolicy, ServerGroupMember],
  tables: [CreateServerGroups1796000000001],
  example: insertExampleGroup,
})
export class ServerGroupsModule {}
