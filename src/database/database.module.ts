import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Cells } from './cells/cells.js';
import { NovaCells } from './cells/nova-cells.js';
import { OwnCells } from './cells/own-cells.js';
import { DatabaseStates } from './database-states.js';
import { OwnStore } from './own-store/own-store.js';
import { limitDatabaseTimes } from './connection/time-limits.js';
import { Tables } from './tables/module-with-tables.js';

/** Nova's cells where Nova's API database is given; else the own store. */
async function openCells(settings: Settings, tables: Tables): Promise<Cells & DatabaseStates> {
  limitDatabaseTimes(settings.DATABASE_TIMEOUT);
  if (settings.NOVA_API_DATABASE_URL !== undefined) return NovaCells.open(settings, tables);
  return new OwnCells(await OwnStore.open(settings, tables));
}

@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly states: DatabaseStates) {}

  /** @param tables of all modules */
  static forRoot(tables: Tables): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: Tables, useValue: tables },
        { provide: Cells, inject: [Settings, Tables], useFactory: openCells },
        { provide: DatabaseStates, useExisting: Cells },
      ],
      exports: [Cells, DatabaseStates],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.states.close();
  }
}
