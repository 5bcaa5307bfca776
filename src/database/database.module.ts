import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { copyUrl } from '../config/own-store-url.js';
import { servesRecording } from '../config/serves-writes.js';
import { Settings } from '../config/settings.js';
import { Cells } from './cells/cells.js';
import { CopiedCell } from './cells/copied-cell.js';
import { NovaCells } from './cells/nova-cells.js';
import { OwnCells } from './cells/own-cells.js';
import { DatabaseStates } from './connection/database-states.js';
import { setDatabaseTimeLimits } from './connection/time-limits.js';
import { LogStore } from './log-store.js';
import { OwnStoreModule } from './own-store.module.js';
import { OwnStore } from './own-store/own-store.js';
import { Tables } from './tables/module-with-tables.js';

/** The own store; undefined beside Nova if the service only reads. */
const OWN_STORE = { token: OwnStore, optional: true };

const NOVA_CELLS = {
  provide: Cells,
  inject: [Settings, Tables, DatabaseStates, OWN_STORE],
  useFactory: async (settings: Settings, tables: Tables, states: DatabaseStates, own?: OwnStore) => {
    const url = copyUrl(settings);
    const copy = url === undefined ? undefined : states.add(CopiedCell.open(url, tables));
    return states.add(await NovaCells.open(settings, tables, { copy, registered: own?.database }));
  },
};

const OWN_CELLS = {
  provide: Cells,
  inject: [OwnStore],
  useFactory: ({ database }: OwnStore) => new OwnCells(database),
};

/**
 * Beside Nova, the service reads the log from the copy: `undefined` without a copy. COPY_FALLBACK applies only to the
 * routes of Nova's API, so the service also reads the log if it is off.
 */
const COPIED_LOG = {
  provide: LogStore,
  inject: [Cells, Settings, Tables, DatabaseStates, OWN_STORE],
  useFactory: (
    cells: Cells,
    { DATABASE_URL: url }: Settings,
    tables: Tables,
    states: DatabaseStates,
    own?: OwnStore,
  ): LogStore | undefined => {
    const copy = cells.copy() ?? (url === undefined ? undefined : states.add(CopiedCell.open(url, tables)));
    return copy && { database: copy.database, writable: own?.database };
  },
};

const OWN_LOG = {
  provide: LogStore,
  inject: [OwnStore],
  useFactory: ({ database }: OwnStore): LogStore => ({ database, writable: database }),
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
      imports: isBesideNova && !servesRecording(settings) ? [] : [OwnStoreModule],
      providers: [
        { provide: Tables, useValue: tables },
        DatabaseStates,
        ...(isBesideNova ? [NOVA_CELLS, COPIED_LOG] : [OWN_CELLS, OWN_LOG]),
      ],
      exports: [Tables, DatabaseStates, Cells, LogStore],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.states.close();
  }
}
