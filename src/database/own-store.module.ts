import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { DatabaseStates } from './connection/database-states.js';
import { OwnStore } from './own-store/own-store.js';
import { Tables } from './tables/module-with-tables.js';

/**
 * Opens the own store, once for all modules that import this one. The service closes it with its other databases.
 * Beside Nova, the store is open only if a module imports this one.
 */
@Module({
  providers: [
    {
      provide: OwnStore,
      inject: [Settings, Tables, DatabaseStates],
      useFactory: async (settings: Settings, tables: Tables, states: DatabaseStates) =>
        states.add(await OwnStore.open(settings, tables)),
    },
  ],
  exports: [OwnStore],
})
export class OwnStoreModule {}
