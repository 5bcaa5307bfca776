import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Cells } from './cells/cells.js';
import { NovaCells } from './cells/nova-cells.js';
import { OwnCells } from './cells/own-cells.js';
import { DatabaseStates } from './connection/database-states.js';
import { OwnStore } from './own-store/own-store.js';
import { limitDatabaseTimes } from './connection/time-limits.js';

/** Nova's cells where Nova's API database is given; else the own store. */
async function openCells(settings: Settings): Promise<Cells & DatabaseStates> {
  limitDatabaseTimes(settings.DATABASE_TIMEOUT);
  if (settings.NOVA_API_DATABASE_URL !== undefined) return NovaCells.open(settings);
  return new OwnCells(await OwnStore.open(settings));
}

@Global()
@Module({
  providers: [
    { provide: Cells, inject: [Settings], useFactory: openCells },
    { provide: DatabaseStates, useExisting: Cells },
  ],
  exports: [Cells, DatabaseStates],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(DatabaseStates) private readonly states: DatabaseStates) {}

  onApplicationShutdown(): Promise<void> {
    return this.states.close();
  }
}
