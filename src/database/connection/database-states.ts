import type { Database } from './database.js';

/** Which databases respond. */
export interface DatabaseHealth {
  /** By names that do not say where the databases are. */
  readonly databases: readonly { readonly name: string; readonly isUp: boolean }[];
  /** Whether anything at all can be answered. */
  readonly isUsable: boolean;
}

/** The states of all databases, for operations: health checks, metrics, graceful shutdown. */
export abstract class DatabaseStates {
  /** Which databases respond now; found out within a second. */
  abstract health(): Promise<DatabaseHealth>;

  /** All databases that are known by now, without a question to any. */
  abstract databases(): readonly Database[];

  abstract close(): Promise<void>;
}
