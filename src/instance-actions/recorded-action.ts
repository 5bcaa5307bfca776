import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { errorText } from '../common/error-text.js';
import type { LogEntry } from '../common/log-entry.js';
import { CommitUnconfirmed, DatabaseUnavailable } from '../database/connection/database.js';
import { timeLimits } from '../database/connection/time-limits.js';
import { insertRow, updateRow } from '../database/rows/changes.js';
import { currentTime } from '../database/rows/time.js';
import { type Server, WRITE } from '../nova/servers/server.js';
import { type RecordedFailure, recordedFailure } from './recorded-failure.js';

/** The statements of one step. They may run several times: see `Database.write`. */
export type Work<Result> = (manager: EntityManager) => Promise<Result>;

/** The columns of an action that do not change. */
interface ActionColumns {
  readonly action: string;
  readonly user_id: string;
  readonly project_id: string | null;
}

/** The columns of an event with its result. */
type Outcome = { readonly result: 'Success' } | ({ readonly result: 'Error' } & RecordedFailure);

/** The rows of a step that has started. */
interface StartedStep {
  readonly actionId: number;
  readonly eventId: number;
}

/** An action that is being recorded, with one event for each step. Its steps run one after the other. */
export class RecordedAction {
  private readonly log = new Logger('ActionRecorder');
  /** The deadline of all steps together. */
  private readonly deadline = performance.now() + timeLimits().transaction;
  /** The id of the action in its table; undefined before the first step. */
  private id: number | undefined;
  private isInStep = false;

  /** @param host the host name in the events */
  constructor(
    private readonly server: Server,
    private readonly columns: ActionColumns,
    private readonly host: string,
  ) {}

  /**
   * Runs one step, in two or three transactions. So the log is true at any moment, even if the process is killed:
   * 1. the event without an end, in the first step with its action;
   * 2. the work, together with the end of the event and the result `Success`;
   * 3. only if the second one was rolled back: the end of the event with the result `Error`.
   *
   * @throws the error of the work, or of the first two transactions
   */
  async step<Result>(event: string, work: Work<Result>): Promise<Result> {
    if (this.isInStep) throw new Error(`the step ${event} begins before the previous step has finished`);
    this.isInStep = true;
    try {
      const started = await this.write((manager) => this.start(manager, event));
      this.id = started.actionId;
      try {
        return await this.write(async (manager) => {
          const result = await work(manager);
          await finish(manager, started, { result: 'Success' });
          return result;
        });
      } catch (error) {
        // If the commit is unconfirmed, the work may be done. The event then has no end, or the result `Success`.
        if (!(error instanceof CommitUnconfirmed)) await this.recordFailure(started, error);
        throw error;
      }
    } finally {
      this.isInStep = false;
    }
  }

  private write<Result>(work: Work<Result>, isIdempotent = false): Promise<Result> {
    return this.server[WRITE](work, { deadline: this.deadline, isIdempotent });
  }

  private async start(manager: EntityManager, event: string): Promise<StartedStep> {
    const now = currentTime();
    const times = { created_at: now, start_time: now };
    let actionId = this.id;
    if (actionId === undefined) {
      const { uuid: instance_uuid, requestId: request_id } = this.server;
      const action = { ...this.columns, instance_uuid, request_id, ...times, updated_at: now };
      actionId = await insertRow(manager, 'instance_actions', action);
    } else {
      await updateRow(manager, 'instance_actions', actionId, { updated_at: now });
    }
    const row = { action_id: actionId, event, host: this.host, ...times };
    return { actionId, eventId: await insertRow(manager, 'instance_actions_events', row) };
  }

  /** Records why a step failed. If this is impossible, the event stays without an end. */
  private async recordFailure(started: StartedStep, error: unknown): Promise<void> {
    const outcome = { result: 'Error', ...recordedFailure(error) } as const;
    try {
      await this.write((manager) => finish(manager, started, outcome), true);
    } catch (failure) {
      const reason = errorText(failure instanceof DatabaseUnavailable ? failure.cause : failure);
      const entry: LogEntry = {
        message: `the failure of an action could not be recorded, so its event stays without an end: ${reason}`,
        request_id: this.server.requestId,
      };
      this.log.warn(entry);
    }
  }
}

async function finish(
  manager: EntityManager,
  { actionId, eventId }: StartedStep,
  outcome: Outcome,
): Promise<void> {
  const now = currentTime();
  const times = { finish_time: now, updated_at: now };
  await updateRow(manager, 'instance_actions_events', eventId, { ...outcome, ...times });
  const message = outcome.result === 'Error' ? { message: 'Error' } : {};
  await updateRow(manager, 'instance_actions', actionId, { ...message, updated_at: now });
}
