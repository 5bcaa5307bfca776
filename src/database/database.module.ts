import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Cells } from './cells/cells.js';
import { NovaCells } from './cells/nova-cells.js';
import { OwnCells } from './cells/own-cells.js';
import { OwnStore } from './own-store/own-store.js';
import { limitDatabaseTimes } from './connection/time-limits.js';

/** Nova's cells where Nova's API database is given; else the own store. */
async function openCells(settings: Settings): Promise<Cells> {
  limitDatabaseTimes(settings.DATABASE_TIMEOUT);
  if (settings.NOVA_API_DATABASE_URL !== undefined) return NovaCells.open(settings);
  return new OwnCells(await OwnStore.open(settings));
}

@Global()
@Module({
  providers: [{ provide: Cells, inject: [Settings], useFactory: openCells }],
  exports: [Cells],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Cells) private readonly cells: Cells) {}

  onApplicationShutdown(): Promise<void> {
    return this.cells.close();
  }
}
