import type { Database } from './database.js';

/** The health of the databases. */
export interface DatabaseHealth {
  /** The databases with their ids, which do not reveal their addresses. */
  readonly databases: readonly { readonly name: string; readonly isUp: boolean }[];
  /** True if the databases that are up suffice to answer at least some requests. */
  readonly isUsable: boolean;
}

/** Databases that are opened and closed together: the own store, or all databases of Nova. */
export interface DatabaseGroup {
  /** Probes the databases; takes less than a second. */
  health(): Promise<DatabaseHealth>;

  /** Returns the databases that are open; sends no query. */
  databases(): readonly Database[];

  close(): Promise<void>;
}

/** All open databases. Health checks, metrics and the graceful shutdown use this class. */
export class DatabaseStates {
  private readonly groups: DatabaseGroup[] = [];

  /** Adds open databases, which `close()` closes later. @returns the same group */
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
