import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { copyUrl } from '../config/own-store-url.js';
import { Settings } from '../config/settings.js';
import { Cells } from './cells/cells.js';
import { CopiedCell } from './cells/copied-cell.js';
import { NovaCells } from './cells/nova-cells.js';
import { OwnCells } from './cells/own-cells.js';
import { DatabaseStates } from './connection/database-states.js';
import { setDatabaseTimeLimits } from './connection/time-limits.js';
import { OwnStoreModule } from './own-store.module.js';
import { OwnStore } from './own-store/own-store.js';
import { Tables } from './tables/module-with-tables.js';

const NOVA_CELLS = {
  provide: Cells,
  inject: [Settings, Tables, DatabaseStates],
  useFactory: async (settings: Settings, tables: Tables, states: DatabaseStates) => {
    const url = copyUrl(settings);
    const copy = url === undefined ? undefined : states.add(CopiedCell.open(url, tables));
    return states.add(await NovaCells.open(settings, tables, { copy }));
  },
};

const OWN_CELLS = {
  provide: Cells,
  inject: [OwnStore],
  useFactory: ({ database }: OwnStore) => new OwnCells(database),
};

/** Opens the databases: Nova's databases if NOVA_API_DATABASE_URL is set, otherwise the service's own database. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly states: DatabaseStates) {}

  /** @param tables the tables that all modules declare */
  static forRoot(settings: Settings, tables: Tables): DynamicModule {
    setDatabaseTimeLimits(settings.DATABASE_TIMEOUT);
    const isBesideNova = settings.NOVA_API_DATABASE_URL !== undefined;
    return {
      module: DatabaseModule,
      global: true,
      imports: isBesideNova ? [] : [OwnStoreModule],
      providers: [
        { provide: Tables, useValue: tables },
        DatabaseStates,
        isBesideNova ? NOVA_CELLS : OWN_CELLS,
      ],
      exports: [Tables, DatabaseStates, Cells],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.states.close();
  }
}
