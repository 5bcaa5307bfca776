import { Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { errorText } from '../common/error-text.js';
import type { LogEntry } from '../common/log-entry.js';
import { CommitUnconfirmed, DatabaseUnavailable } from '../database/connection/database.js';
import { timeLimits } from '../database/connection/time-limits.js';
import { insertRow, updateRow } from '../database/rows/changes.js';
import { currentTime } from '../database/rows/time.js';
import { type Server, WRITE } from '../nova/servers/server.js';
import { appendRecorded, newestPosition, type RecordedRows } from './recorded-entry.js';
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

/** An action that is being recorded, with one event for each step. Its steps run one after the other. */
export class RecordedAction {
  private readonly log = new Logger('ActionRecorder');
  /** The deadline of all steps together. */
  private readonly deadline = performance.now() + timeLimits().transaction;
  /** The committed rows of the action; undefined before the first step. */
  private rows: RecordedRows | undefined;
  private isInStep = false;
  /** True if a commit is unconfirmed. The rows in the database may then differ from `rows`. */
  private isInDoubt = false;

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
   * The last statements of each transaction append an entry to the record. From then on, other transactions that append
   * must wait for it. So it must not wait for further locks.
   *
   * @throws the error of the work, or of the first two transactions
   */
  async step<Result>(event: string, work: Work<Result>): Promise<Result> {
    if (this.isInStep) throw new Error(`the step ${event} begins before the previous step has finished`);
    if (this.isInDoubt) throw new Error(`the step ${event} begins after a step whose result is unknown`);
    this.isInStep = true;
    try {
      const started = await this.write((manager) => this.start(manager, event));
      this.rows = started;
      try {
        const done = await this.write(async (manager) => {
          const result = await work(manager);
          return { result, rows: await this.finish(manager, started, { result: 'Success' }, currentTime()) };
        });
        this.rows = done.rows;
        return done.result;
      } catch (error) {
        // If the commit is unconfirmed, the work may be done. The event then has no end, or the result `Success`.
        if (!(error instanceof CommitUnconfirmed)) await this.recordFailure(started, error);
        throw error;
      }
    } finally {
      this.isInStep = false;
    }
  }

  private async write<Result>(work: Work<Result>, isIdempotent = false): Promise<Result> {
    try {
      return await this.server[WRITE](work, { deadline: this.deadline, isIdempotent });
    } catch (error) {
      this.isInDoubt = error instanceof CommitUnconfirmed;
      throw error;
    }
  }

  private async start(manager: EntityManager, event: string): Promise<RecordedRows> {
    const now = currentTime();
    const times = { created_at: now, start_time: now, finish_time: null, deleted_at: null, deleted: 0 };
    let action = this.rows?.action;
    if (action === undefined) {
      const { uuid: instance_uuid, requestId: request_id } = this.server;
      const row = { ...this.columns, instance_uuid, request_id, message: null, ...times, updated_at: now };
      action = { id: await insertRow(manager, 'instance_actions', row), ...row };
    } else {
      await updateRow(manager, 'instance_actions', action.id, { updated_at: now });
      action = { ...action, updated_at: now };
    }
    const unknown = { result: null, traceback: null, details: null, updated_at: null };
    const row = { action_id: action.id, event, host: this.host, ...unknown, ...times };
    const id = await insertRow(manager, 'instance_actions_events', row);
    const events = [...(this.rows?.events ?? []), { id, ...row }];
    return appendRecorded(manager, this.server, { action, events }, this.rows?.position ?? null);
  }

  /** Ends the newest event. Changes nothing if an earlier attempt, whose response was lost, has ended the event. */
  private async finish(
    manager: EntityManager,
    { action, events, position }: RecordedRows,
    outcome: Outcome,
    now: string,
  ): Promise<RecordedRows> {
    const message = outcome.result === 'Error' ? { message: 'Error' } : {};
    const end = { ...outcome, finish_time: now, updated_at: now };
    const finished = {
      action: { ...action, ...message, updated_at: now },
      events: events.map((row, n) => (n === events.length - 1 ? { ...row, ...end } : row)),
    };
    const { id = 0 } = events.at(-1) ?? {};
    if (!(await updateRow(manager, 'instance_actions_events', id, end, 'finish_time IS NULL')))
      return { ...finished, position: await newestPosition(manager, action.id, position) };
    await updateRow(manager, 'instance_actions', action.id, { ...message, updated_at: now });
    return appendRecorded(manager, this.server, finished, position);
  }

  /** Records why a step failed. If this is impossible, the event stays without an end. */
  private async recordFailure(started: RecordedRows, error: unknown): Promise<void> {
    const outcome = { result: 'Error', ...recordedFailure(error) } as const;
    const now = currentTime();
    try {
      this.rows = await this.write((manager) => this.finish(manager, started, outcome, now), true);
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
