import { Injectable } from '@nestjs/common';
import { currentTime } from '../database/rows/time.js';
import type { RequestContext } from '../identity/request-context.js';
import { ActionWriter } from '../instance-actions/action-writer.js';
import { actionState, actionTimes } from '../ledger/actions/action-status.js';
import type { FullAction } from '../ledger/actions/full-action.js';
import type { IdKind } from '../ledger/actions/public-ids.js';
import type { LoggedAction } from './action-log.view.js';
import { LogKeys } from './log-keys.js';
import { type LoggingContext, loggedActions } from './logged-actions.js';
import { publicIdIn } from './public-id.js';
import { newActions, newEvents, storedBody } from './recording-input.js';
import type { ActionEndBody, EventEndBody, NewActionsBody, NewEventsBody } from './recording.body.js';

/** The ids in a path: texts that the client has sent. */
interface EventPath {
  readonly id: string;
  readonly event_id: string;
}

/** Records the actions of services, and returns them as the log shows them. Its methods throw as those of `ActionWriter`. */
@Injectable()
export class RecordingService {
  constructor(
    private readonly writer: ActionWriter,
    private readonly keys: LogKeys,
  ) {}

  /** @param key the header `Idempotency-Key` @throws ValidationFailed with all problems of the body */
  async begin(
    caller: RequestContext,
    body: NewActionsBody,
    key: string | undefined,
  ): Promise<readonly LoggedAction[]> {
    const context = await this.context();
    const { now } = context;
    return logged(await this.writer.begin(caller, newActions(body, key, now), now), context);
  }

  async finish(caller: RequestContext, id: string, body: ActionEndBody): Promise<LoggedAction> {
    const context = await this.context();
    const copyId = copyIdOf('action', 'id', id, context);
    return shown(
      await this.writer.finish(caller, copyId, storedBody(body, context.now), context.now),
      context,
    );
  }

  /** @param key the header `Idempotency-Key` @throws ValidationFailed with all problems of the body */
  async addEvents(
    caller: RequestContext,
    id: string,
    body: NewEventsBody,
    key: string | undefined,
  ): Promise<LoggedAction> {
    const context = await this.context();
    const { now } = context;
    const copyId = copyIdOf('action', 'id', id, context);
    return shown(await this.writer.addEvents(caller, copyId, newEvents(body, key, now), now), context);
  }

  async finishEvent(caller: RequestContext, path: EventPath, body: EventEndBody): Promise<LoggedAction> {
    const context = await this.context();
    const copyId = copyIdOf('action', 'id', path.id, context);
    const eventId = copyIdOf('event', 'event_id', path.event_id, context);
    return shown(
      await this.writer.finishEvent(caller, copyId, eventId, storedBody(body, context.now), context.now),
      context,
    );
  }

  /** Reads the keys before the service writes, so that no query can fail after the changes are stored. */
  private async context(): Promise<LoggingContext> {
    const now = currentTime();
    const { ids } = await this.keys.read();
    return { ids, cells: [], now };
  }
}

/** Returns the id of the copy for an id in a path. @param parameter the name of the path parameter */
function copyIdOf(kind: IdKind, parameter: string, text: string, { ids }: LoggingContext): number {
  return ids.original(kind, [publicIdIn(parameter, text)])[0] ?? 0;
}

function shown(full: FullAction, context: LoggingContext): LoggedAction {
  return logged([full], context)[0] as LoggedAction;
}

function logged(actions: readonly FullAction[], context: LoggingContext): LoggedAction[] {
  const stated = actions.map((full) => {
    const state = actionState(full);
    return { full, state, ...actionTimes(full, state) };
  });
  return loggedActions(stated, context, true);
}
