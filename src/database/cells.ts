import type { Database } from './database.js';

/** Where a server is. */
export type Whereabouts =
  /** In a database, if it is anywhere: only that can tell. Its UUID is as somebody else wrote it down, if they did. */
  | { readonly database: Database; readonly uuid?: string }
  /** Nowhere yet: Nova has accepted it and has not chosen a cell. Of such a server there is only an owner. */
  | { readonly database: undefined; readonly projectId: string };

/** The databases that hold servers: the own store alone, or Nova's cells. */
export abstract class Cells {
  /**
   * Where a server is, or undefined where there is no such server.
   *
   * @param uuid as the caller wrote it; the database decides what it is equal to
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when that cannot be told in time
   */
  abstract find(uuid: string, deadline: number): Promise<Whereabouts | undefined>;

  abstract close(): Promise<void>;
}
