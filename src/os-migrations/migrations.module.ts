import { ModuleWithTables } from '../database/tables/module-with-tables.js';
import { NovaModule } from '../nova/nova.module.js';
import { CreateMigrations1764000000000 } from './1764000000000-create-migrations.js';
import { insertExampleMigrations } from './example.js';
import { MigrationsController } from './migrations.controller.js';
import { MigrationsService } from './migrations.service.js';
import { MigrationsStore } from './migrations.store.js';
import { ServerMigration } from './server-migration.entity.js';
import { ServerMigrationsController } from './server-migrations.controller.js';

/** The migrations of servers: `os-migrations` and `servers/{server_id}/migrations`. */
@ModuleWithTables({
  imports: [NovaModule],
  controllers: [MigrationsController, ServerMigrationsController],
  providers: [MigrationsService, MigrationsStore],
  entities: [ServerMigration],
  tables: [CreateMigrations1764000000000],
  example: insertExampleMigrations,
})
export class MigrationsModule {}
