import type { Database } from './database.js';

/** The states of the databases, for health checks. */
export interface DatabaseHealth {
  /** The name and the state of each database. The name does not contain the address of the database. */
  readonly databases: readonly { readonly name: string; readonly isUp: boolean }[];
  /** True if the service can answer at least some requests with the databases that are up. */
  readonly isUsable: boolean;
}

/** Databases that are opened and closed together: the service's own database, or all databases of Nova. */
export interface DatabaseGroup {
  /** Sends probes to the databases. Takes less than a second. */
  health(): Promise<DatabaseHealth>;

  /** Returns the databases that are open, without a query. */
  databases(): readonly Database[];

  close(): Promise<void>;
}

/** All open databases of the service. Health checks, metrics and the graceful shutdown use this class. */
export class DatabaseStates {
  private readonly groups: DatabaseGroup[] = [];

  /** Adds a group of open databases, which `close()` closes later. @returns the given group */
  add<Group extends DatabaseGroup>(group: Group): Group {
    this.groups.push(group);
    return group;
  }

  /** @see DatabaseGroup.health */
  async health(): Promise<DatabaseHealth> {
    const all = await Promise.all(this.groups.map((group) => group.health()));
    return {
      databases: all.flatMap(({ databases }) => databases),
      isUsable: all.some(({ isUsable }) => isUsable),
    };
  }

  /** @see DatabaseGroup.databases */
  databases(): readonly Database[] {
    return this.groups.flatMap((group) => group.databases());
  }

  async close(): Promise<void> {
    await Promise.all(this.groups.map((group) => group.close()));
  }
}
