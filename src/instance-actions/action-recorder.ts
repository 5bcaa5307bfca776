import { Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import { Settings } from '../config/settings.js';
import type { RequestContext } from '../identity/request-context.js';
import type { Server } from '../nova/servers/server.js';
import { RecordedAction, type Work } from './recorded-action.js';

/** A function that runs one step of an action, and records it as an event. */
export type RunStep = <Result>(event: string, work: Work<Result>) => Promise<Result>;

/**
 * Changes servers, and records each change in their logs as Nova does. A module can change the rows of a server only
 * through the recorder, so it cannot forget to record an action.
 */
@Injectable()
export class ActionRecorder {
  private readonly host: string;

  constructor({ HOST_NAME = hostname() }: Settings) {
    this.host = HOST_NAME;
  }

  /**
   * Runs an action of one step: `record(caller, server, 'lock', 'api_lock', (manager) => …)`.
   *
   * Before the work begins, the database has the action with an open event: an event without an end. The work and its
   * success are committed together. If the work throws an error, its changes are rolled back, and the event gets the result `Error`
   * with details and a traceback. If the process or the database goes down, the event stays open.
   *
   * @param work changes rows through the manager; it must have no other effect, because it may run several times
   * @returns the result of the work
   * @throws the error that the work throws
   * @throws CommitUnconfirmed if the database may or may not have committed the work
   * @throws DatabaseUnavailable if the database is unreachable or too slow; then the work is not done
   */
  record<Result>(
    caller: RequestContext,
    server: Server,
    action: string,
    event: string,
    work: Work<Result>,
  ): Promise<Result> {
    return this.recordSteps(caller, server, action, (step) => step(event, work));
  }

  /**
   * Runs an action of several steps, one after the other. Each step has its own event and its own transactions, as in
   * `record`. All steps together must finish within the maximum duration of a transaction. If no step runs, nothing is
   * recorded.
   *
   * @param run calls the function that it gets once for each step
   * @returns the result of `run`
   * @throws the error that `run` throws
   */
  async recordSteps<Result>(
    caller: RequestContext,
    server: Server,
    action: string,
    run: (step: RunStep) => Promise<Result>,
  ): Promise<Result> {
    const columns = { action, user_id: caller.userId, project_id: caller.projectId };
    const recorded = new RecordedAction(server, columns, this.host);
    return run((event, work) => recorded.step(event, work));
  }
}
