import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Cells } from '../database/cells/cells.js';
import { isDuplicate } from '../database/connection/mysql-errors.js';
import { timeLimits } from '../database/connection/time-limits.js';
import { LogStore } from '../database/log-store.js';
import { type ColumnValues, updateRow } from '../database/rows/changes.js';
import { type RawTime, sortableTime } from '../database/rows/time.js';
import type { RequestContext } from '../identity/request-context.js';
import { readActions } from '../ledger/actions/action-rows.js';
import type { FullAction, FullEvent } from '../ledger/actions/full-action.js';
import { partsOf } from '../ledger/copy/copy-id.js';
import { NotFound } from '../nova/fault/faults.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import { AlreadyFinished, OfOtherService, RecordedFromNova } from './recording-failures.js';
import { registerNamed } from './registered-server.js';
import {
  type ActionEnd,
  type EventEnd,
  type NewAction,
  type NewEvent,
  unsavedAction,
  unsavedEvent,
} from './written-action.js';
import {
  appendWritten,
  insertActions,
  insertEvents,
  knownOf,
  lockWritten,
  setOutcome,
} from './written-rows.js';

/**
 * Records the actions of services that are not Nova, in the tables of the store itself. Each method is one transaction
 * of few statements: the rows, their entries in the record, and their search rows. `now` is the time of the request.
 *
 * A service is a user. It may repeat a request if it has chosen the ids of its actions and events: a repeated request
 * changes nothing.
 */
@Injectable()
export class ActionWriter {
  constructor(
    private readonly log: LogStore,
    private readonly cells: Cells,
  ) {}

  /**
   * Begins actions, and registers their servers.
   *
   * @returns the actions, in the given order. An action of an earlier request is returned as it is now
   * @throws DifferentContent if an earlier request had the same id, but another content
   * @throws ValidationFailed if neither the log nor the request states the project of a server
   * @throws OfOtherOwner if a server belongs to another project
   * @throws DatabaseUnavailable if the database is unreachable; after a `CommitUnconfirmed`, it may have the actions
   */
  begin(caller: RequestContext, actions: readonly NewAction[], now: RawTime): Promise<FullAction[]> {
    const unsaved = actions.map((action) => unsavedAction(caller, action, now));
    const isIdempotent = actions.every(({ external_id: id }) => id !== undefined);
    return this.transact(isIdempotent, async (manager) => {
      const known = await knownOf(manager, 'written_actions', caller.userId, unsaved);
      const isNew = unsaved.map(({ externalId }) => !known.has(externalId ?? ''));
      const named = actions.map(({ server }, index) => (isNew[index] ? server : undefined));
      const servers = await registerNamed(manager, this.cells, named);
      const added = unsaved.filter((_action, index) => isNew[index]);
      const inserted = await appendWritten(
        manager,
        await insertActions(manager, caller.userId, added, servers),
      );
      const stored = await readActions(manager, [...known.values()], { events: true });
      return unsaved.map(({ externalId }, index) => {
        const action = isNew[index] ? inserted.shift() : stored.get(known.get(externalId ?? '') ?? 0);
        if (action === undefined) throw new Error('an action that a service has recorded has no row');
        return action;
      });
    });
  }

  /**
   * Finishes an action.
   *
   * @param id the id of the action in the copy
   * @throws AlreadyFinished if it has finished in another way
   * @throws the errors of `change`
   */
  finish(caller: RequestContext, id: number, end: ActionEnd, now: RawTime): Promise<FullAction> {
    const { status, message = status === 'error' ? 'Error' : null, finished_at: finish_time = now } = end;
    return this.change(caller, id, async (manager, full) => {
      const { action, written } = full;
      if (action.finish_time !== null) {
        const isSame =
          isAt(action.finish_time, end.finished_at) &&
          written?.outcome === status &&
          action.message === message;
        if (!isSame) throw new AlreadyFinished('action');
        return full;
      }
      requireOrder(action.start_time, finish_time, '/finished_at');
      const changes = { finish_time, message, updated_at: now };
      await updateRow(manager, 'instance_actions', action.id, changes);
      await setOutcome(manager, action.id, status);
      return {
        ...full,
        action: { ...action, ...changes },
        written: written && { ...written, outcome: status },
      };
    });
  }

  /**
   * Adds events to an action that has not finished.
   *
   * @param id the id of the action in the copy
   * @throws AlreadyFinished if the action has finished; DifferentContent as `begin`; the errors of `change`
   */
  addEvents(
    caller: RequestContext,
    id: number,
    events: readonly NewEvent[],
    now: RawTime,
  ): Promise<FullAction> {
    const unsaved = events.map((event) => unsavedEvent(event, now));
    const isIdempotent = events.every(({ external_id: externalId }) => externalId !== undefined);
    return this.change(
      caller,
      id,
      async (manager, full) => {
        const known = await knownOf(manager, 'written_events', id, unsaved);
        const added = unsaved.filter(({ externalId }) => !known.has(externalId ?? ''));
        if (added.length === 0) return full;
        if (full.action.finish_time !== null) throw new AlreadyFinished('action');
        const inserted = await insertEvents(
          manager,
          added.map((event) => ({ ...event, actionId: id })),
        );
        return this.touch(manager, { ...full, events: [...full.events, ...inserted] }, inserted, now);
      },
      isIdempotent,
    );
  }

  /**
   * Finishes an event.
   *
   * @param id the id of the action in the copy
   * @param eventId the id of the event in the copy
   * @throws NotFound if the action has no such event
   * @throws AlreadyFinished if it has finished in another way
   * @throws the errors of `change`
   */
  finishEvent(
    caller: RequestContext,
    id: number,
    eventId: number,
    end: EventEnd,
    now: RawTime,
  ): Promise<FullAction> {
    const { result, details = null, traceback = null, finish_time: finishTime = now } = end;
    return this.change(caller, id, async (manager, full) => {
      const event = full.events.find(({ copyId }) => copyId === eventId);
      if (event === undefined) throw new NotFound('The event could not be found.');
      if (event.finish_time !== null) {
        const texts = [event.result === result, event.details === details, event.traceback === traceback];
        if (!isAt(event.finish_time, end.finish_time) || texts.includes(false))
          throw new AlreadyFinished('event');
        return full;
      }
      requireOrder(event.start_time, finishTime, '/finish_time');
      const changes = { result, details, traceback, finish_time: finishTime, updated_at: now };
      await updateRow(manager, 'instance_actions_events', event.id, changes);
      const finished: FullEvent = { ...event, ...changes };
      const events = full.events.map((one) => (one === event ? finished : one));
      return this.touch(manager, { ...full, events }, [finished], now);
    });
  }

  /** Changes the action after its events have changed, as Nova does: an event that fails leaves a message. */
  private async touch(
    manager: EntityManager,
    full: FullAction,
    changed: readonly FullEvent[],
    now: RawTime,
  ): Promise<FullAction> {
    const { action } = full;
    const hasFailed = action.finish_time === null && changed.some(({ result }) => result === 'Error');
    const changes: ColumnValues = {
      updated_at: now,
      ...(hasFailed && { message: action.message ?? 'Error' }),
    };
    await updateRow(manager, 'instance_actions', action.id, changes);
    return { ...full, action: { ...action, ...changes } };
  }

  /**
   * Changes an action of the caller in a transaction, and appends an entry to the record.
   *
   * @param id the id of the action in the copy
   * @param work changes the rows, and returns the changed action; or the given one if there is nothing to change
   * @throws NotFound if there is no such action
   * @throws OfOtherService or RecordedFromNova if the caller has not recorded it
   * @throws DatabaseUnavailable if the database is unreachable; after a `CommitUnconfirmed`, it may have the change
   */
  private change(
    { userId }: RequestContext,
    id: number,
    work: (manager: EntityManager, full: FullAction) => Promise<FullAction>,
    isIdempotent = true,
  ): Promise<FullAction> {
    return this.transact(isIdempotent, async (manager) => {
      const writer = partsOf(id).cell === 0 ? await lockWritten(manager, id) : undefined;
      const full = (await readActions(manager, [id], { events: true })).get(id);
      if (full === undefined) throw new NotFound('The action could not be found.');
      if (full.cell > 0) throw new RecordedFromNova();
      if (writer !== userId) throw new OfOtherService(writer !== undefined);
      const changed = await work(manager, full);
      const [appended = full] = changed === full ? [] : await appendWritten(manager, [changed]);
      return appended;
    });
  }

  /**
   * Runs a transaction. Runs it again if another transaction has inserted a row with the same key at the same time: it
   * then finds this row.
   */
  async transact<Result>(
    isIdempotent: boolean,
    work: (manager: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    const { writable: database } = this.log;
    if (database === undefined) throw new Error('the service must not write to its store');
    const deadline = performance.now() + timeLimits().transaction;
    for (;;) {
      try {
        return await database.write(work, { deadline, isIdempotent });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
    }
  }
}

/** Returns true if a stored time is the stated one, or if the request states none. */
function isAt(stored: RawTime, stated: RawTime | undefined): boolean {
  return stated === undefined || sortableTime(stored) === sortableTime(stated);
}

/** @throws ValidationFailed for an end before the start */
function requireOrder(start: RawTime | null, end: RawTime, pointer: string): void {
  if (sortableTime(end) < sortableTime(start))
    throw new ValidationFailed([{ pointer, detail: 'the end is before the start' }]);
}
