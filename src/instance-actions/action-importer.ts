import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Cells } from '../database/cells/cells.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import { currentTime } from '../database/rows/time.js';
import { upsertRows } from '../database/rows/write-rows.js';
import { LogStore } from '../database/log-store.js';
import type { RequestContext } from '../identity/request-context.js';
import { ActionWriter } from './action-writer.js';
import { type ImportedAction, type ImportedRows, importedRows, importedServer } from './imported-action.js';
import { isNewerLine, lockImported, replaceOlder } from './imported-versions.js';
import { registerImported } from './registered-server.js';
import { isSqlite } from '../database/rows/is-sqlite.js';
import { appendWritten, insertActions, storedRows } from './written-rows.js';

/** The place of a part of an import in the whole import. */
export interface ImportPlace {
  /** The name of the import. Without it, the store does not remember how far the import is. */
  readonly name: string | undefined;
  /** The number of the last line of the part. */
  readonly lastLine: number;
}

/** The result of the import of some actions. */
export interface ImportedPart {
  /** The number of the actions that the store did not have. */
  readonly imported: number;
  /** The number of the actions of which the store had an older version. */
  readonly updated: number;
  /** The first action that the store cannot accept. The store has all actions before it, and none from there on. */
  readonly rejected?: RejectedAction;
}

/** The store cannot accept an action. */
class RejectedAction extends Error {
  /**
   * @param index the place of the action in the list
   * @param detail a part of a sentence whose subject is the line of the action
   */
  constructor(
    readonly index: number,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** The transaction must run again, and first lock the actions of which the store has another version. */
class LocksNeeded extends Error {
  /** @param ids the actions */
  constructor(readonly ids: readonly number[]) {
    super('actions of an import are not locked');
  }
}

/**
 * Imports the actions of another log. A repeated import changes nothing, and an import of newer versions of the actions
 * updates them.
 */
@Injectable()
export class ActionImporter {
  constructor(
    private readonly log: LogStore,
    private readonly cells: Cells,
    private readonly writer: ActionWriter,
  ) {}

  /** Returns the number of the last line of an import that the store has; undefined for an unknown import. */
  async lastLine({ userId }: RequestContext, name: string): Promise<number | undefined> {
    const select = 'SELECT line FROM written_imports WHERE writer = ? AND name = ?';
    const [row] = await this.log.database.read(answerDeadline(), (source) =>
      source.query<{ line: number | string }[]>(select, [userId, name]),
    );
    return row && Number(row.line);
  }

  /**
   * Imports actions in one transaction.
   *
   * @param lines the numbers of the lines of the actions
   * @throws DatabaseUnavailable if the database is unreachable; after a `CommitUnconfirmed`, it may have the actions
   */
  async import(
    caller: RequestContext,
    actions: readonly ImportedAction[],
    lines: readonly number[],
    place: ImportPlace,
  ): Promise<ImportedPart> {
    try {
      return await this.transact(caller, actions, place);
    } catch (error) {
      if (!(error instanceof RejectedAction)) throw error;
      const { index } = error;
      const before = { ...place, lastLine: (lines[index] ?? 1) - 1 };
      // If an earlier action is rejected, too, the result of the inner call replaces this one.
      return { rejected: error, ...(await this.import(caller, actions.slice(0, index), lines, before)) };
    }
  }

  private async transact(
    { userId }: RequestContext,
    actions: readonly ImportedAction[],
    place: ImportPlace,
  ): Promise<ImportedPart> {
    let locked: readonly number[] = [];
    for (;;) {
      try {
        return await this.writer.transact(true, async (manager) => {
          await lockImported(manager, locked);
          return this.write(manager, userId, { actions, locked }, place);
        });
      } catch (error) {
        if (!(error instanceof LocksNeeded)) throw error;
        locked = error.ids;
      }
    }
  }

  /** @throws RejectedAction, LocksNeeded */
  private async write(
    manager: EntityManager,
    writer: string,
    { actions, locked }: { actions: readonly ImportedAction[]; locked: readonly number[] },
    { name, lastLine }: ImportPlace,
  ): Promise<ImportedPart> {
    const versions = newestLines(actions.map(importedRows));
    const stored = await storedRows(manager, 'written_actions', writer, [...versions.keys()]);
    const known = new Map(stored.map((row) => [row.externalId, row]));
    const added = [...versions.values()].filter(({ externalId }) => !known.has(externalId));
    const different = [...versions.values()].flatMap((version) => {
      const row = known.get(version.externalId);
      return row === undefined || row.digest === version.digest ? [] : [[row.id, version] as const];
    });
    const ids = different.map(([id]) => id);
    if (!ids.every((id) => locked.includes(id))) throw new LocksNeeded(ids);
    const servers = actions.map(importedServer);
    const { facts, ofOtherProject } = await registerImported(
      manager,
      this.cells,
      servers.filter((server) => server !== undefined),
    );
    if (ofOtherProject.size > 0) {
      const index = servers.findIndex(
        (server) =>
          server !== undefined &&
          ofOtherProject.has(server.id) &&
          server.project_id !== facts.get(server.id)?.project_id,
      );
      throw new RejectedAction(index, 'names another project than the log has for the server');
    }
    const updated = await replaceOlder(manager, new Map(different), facts);
    const inserted = await insertActions(manager, writer, added, facts);
    if (name !== undefined) await setLastLine(manager, writer, name, lastLine);
    await appendWritten(manager, [...updated, ...inserted]);
    return { imported: inserted.length, updated: updated.length };
  }
}

/** Returns the newest version of each action, by the ids that identify the actions in this log. */
function newestLines(lines: readonly ImportedRows[]): ReadonlyMap<string, ImportedRows> {
  const newest = new Map<string, ImportedRows>();
  for (const line of lines) {
    const earlier = newest.get(line.externalId);
    if (earlier === undefined || isNewerLine(line, earlier)) newest.set(line.externalId, line);
  }
  return newest;
}

/** Sets the number of the last line of an import that the store has. It never decreases. */
async function setLastLine(
  manager: EntityManager,
  writer: string,
  name: string,
  line: number,
): Promise<void> {
  const columns = ['writer', 'name', 'line', 'updated_at'];
  const greatest = isSqlite(manager.dataSource) ? 'MAX' : 'GREATEST';
  const rows = [[writer, name, line, currentTime()]];
  await upsertRows(manager, 'written_imports', columns, rows, 'writer, name', (given) => [
    `line = ${greatest}(written_imports.line, ${given('line')})`,
    `updated_at = ${given('updated_at')}`,
  ]);
}
