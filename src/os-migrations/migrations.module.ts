import { Module } from '@nestjs/common';
import { OwnExample, OwnTables } from '../database/tables/creates-tables.js';
import { CreateMigrations1764000000000 } from './1764000000000-create-migrations.js';
import { insertExampleMigrations } from './example.js';
import { MigrationsController } from './migrations.controller.js';
import { MigrationsService } from './migrations.service.js';
import { MigrationsStore } from './migrations.store.js';
import { ServerMigrationsController } from './server-migrations.controller.js';

/** Where servers moved, and which are moving: `os-migrations` and `servers/{server_id}/migrations`. */
@OwnTables(CreateMigrations1764000000000)
@OwnExample(insertExampleMigrations)
@Module({
  controllers: [MigrationsController, ServerMigrationsController],
  providers: [MigrationsService, MigrationsStore],
})
export class MigrationsModule {}
