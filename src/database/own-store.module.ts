import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { DatabaseStates } from './connection/database-states.js';
import { OwnStore } from './own-store/own-store.js';
import { Tables } from './tables/module-with-tables.js';

/**
 * Opens the service's own database, once for all modules that import this module. The service closes it together with
 * its other databases. A service that reads Nova's databases opens its own database only if some module imports
 * `OwnStoreModule`.
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
