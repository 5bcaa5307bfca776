import type { Database } from './database.js';

/** Which databases respond. */
export interface DatabaseHealth {
  /** By names that do not say where the databases are. */
  readonly databases: readonly { readonly name: string; readonly isUp: boolean }[];
  /** Whether these databases suffice to answer any request. */
  readonly isUsable: boolean;
}

/** Databases that are opened and closed together: the own store, or those of a Nova. */
export interface DatabaseGroup {
  /** Which of them respond now; found out within a second. */
  health(): Promise<DatabaseHealth>;

  /** Those that are known so far; sends no query. */
  databases(): readonly Database[];

  close(): Promise<void>;
}

/** The states of all open databases, for operations: health checks, metrics, graceful shutdown. */
export class DatabaseStates {
  private readonly groups: DatabaseGroup[] = [];

  /** Adds databases that have just been opened; `close()` closes them. @returns the same group */
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
