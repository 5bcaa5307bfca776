import type { NovaCells } from '../database/cells/nova-cells.js';
import type { DatabaseGroup, DatabaseHealth } from '../database/connection/database-states.js';
import type { Database } from '../database/connection/database.js';

/**
 * Nova's databases in the readiness check of the recorder. The check sends no probes to them, because a probe would need
 * one more connection to each cell. The recorder is ready if the own store is up, so that it can record the cells that
 * are up.
 */
export class RecordedDatabases implements DatabaseGroup {
  constructor(private readonly cells: Pick<NovaCells, 'databases' | 'close'>) {}

  health(): Promise<DatabaseHealth> {
    const databases = this.databases().map((one) => ({ name: one.id, isUp: one.isUp() }));
    return Promise.resolve({ databases, isUsable: false });
  }

  databases(): readonly Database[] {
    return this.cells.databases();
  }

  close(): Promise<void> {
    return this.cells.close();
  }
}
