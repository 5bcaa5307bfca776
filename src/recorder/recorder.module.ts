import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ownStoreUrl } from '../config/own-store-url.js';
import { Settings } from '../config/settings.js';
import { NovaCells } from '../database/cells/nova-cells.js';
import { DatabaseStates } from '../database/connection/database-states.js';
import { setDatabaseTimeLimits } from '../database/connection/time-limits.js';
import { OwnStore } from '../database/own-store/own-store.js';
import { Tables } from '../database/tables/module-with-tables.js';
import { DAILY_RETENTION } from '../ledger/retention/daily-retention.js';
import { INDEXER } from '../ledger/search/indexer.js';
import { RecordedDatabases } from './recorded-databases.js';
import { Recorder } from './cells/recorder.js';
import { RECORDER_TIMES, type RecorderTimes } from './recorder-times.js';
import { checkStart } from './start-checks.js';

/** The maximum number of connections to a database of Nova: one for the rounds, and one for the past. */
const MAX_CONNECTIONS = 2;

/** Opens Nova's databases and the own store, and provides the recorder, which does not record before `start()`. */
@Module({})
export class RecorderModule implements OnApplicationShutdown {
  constructor(private readonly states: DatabaseStates) {}

  /** @param tables the tables of the own store, those of all modules of the service */
  static forRoot(settings: Settings, tables: Tables): DynamicModule {
    setDatabaseTimeLimits(settings.DATABASE_TIMEOUT);
    return {
      module: RecorderModule,
      global: true,
      providers: [
        { provide: Tables, useValue: tables },
        DatabaseStates,
        {
          provide: NovaCells,
          inject: [Settings, Tables, DatabaseStates],
          useFactory: async (from: Settings, read: Tables, states: DatabaseStates) => {
            const cells = await NovaCells.open(from, read, { maxConnections: MAX_CONNECTIONS });
            states.add(new RecordedDatabases(cells));
            return cells;
          },
        },
        {
          provide: OwnStore,
          inject: [Settings, Tables, DatabaseStates, NovaCells],
          useFactory: async (from: Settings, written: Tables, states: DatabaseStates, cells: NovaCells) => {
            // This check is first, because the store is migrated when it is opened.
            await checkStart(cells, ownStoreUrl(from), written);
            return states.add(await OwnStore.open(from, written));
          },
        },
        {
          provide: Recorder,
          inject: [NovaCells, OwnStore, Settings],
          useFactory: (cells: NovaCells, { database }: OwnStore, from: Settings) =>
            new Recorder(cells, database, timesOf(from)),
        },
        DAILY_RETENTION,
        INDEXER,
      ],
      exports: [DatabaseStates, Recorder],
    };
  }

  onApplicationShutdown(): Promise<void> {
    return this.states.close();
  }
}

function timesOf({ PAST_SHARE, RECONCILE_HOURS, RETENTION }: Settings): RecorderTimes {
  const reconcileInterval = RECONCILE_HOURS * 3_600_000;
  return { ...RECORDER_TIMES, pastShare: PAST_SHARE, reconcileInterval, retention: RETENTION };
}
