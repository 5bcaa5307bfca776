import type { DataSource } from 'typeorm';
import type { Database } from '../../../src/database/connection/database.js';
import { requestContext } from '../../../src/identity/request-context.js';
import type { NewAction } from '../../../src/instance-actions/written-action.js';
import { Server } from '../../../src/nova/servers/server.js';

/** The caller of the recorded actions. */
export const CALLER = requestContext({ userId: 'a-user', projectId: 'a-project' });

/** The servers whose actions are recorded. Each action sets `display_name` of one of them. */
export const SERVERS = [
  '5e7e5e7e-0000-4000-8000-000000000001',
  '5e7e5e7e-0000-4000-8000-000000000002',
] as const;

/** An action that a service records, with an id that makes a repeated request harmless. */
export const NEW_ACTION: NewAction = {
  server: { id: '5e7e5e7e-0000-4000-8000-000000000003', project_id: 'a-project' },
  ...{ action: 'create', external_id: 'an id', events: [{ event: 'a', host: 'h', external_id: 'e' }] },
};

export const REQUEST = 'req-5e7e5e7e-1111-4111-8111-111111111111';

/** Returns a server as the kit returns it for a request. */
export function serverOn(database: Database, requestId = REQUEST, uuid: string = SERVERS[0]): Server {
  const ids = { uuid, urlId: uuid, projectId: 'a-project', userId: 'a-user' };
  return new Server(ids, { id: requestId, deadline: performance.now() + 60_000 }, database);
}

/** Deletes all rows of the log, and resets the servers. */
export async function resetLog(source: DataSource): Promise<void> {
  for (const table of ['instance_actions_events', 'instance_actions', 'instances'])
    await source.query(`DELETE FROM ${table}`);
  for (const uuid of SERVERS)
    await source.query(
      'INSERT INTO instances (uuid, project_id, user_id, display_name) VALUES (?, ?, ?, ?)',
      [uuid, 'a-project', 'a-user', 'old'],
    );
}

export interface LoggedAction {
  readonly id: number;
  readonly action: string;
  readonly request_id: string;
  readonly message: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly start_time: string;
  readonly finish_time: string | null;
}

export interface LoggedEvent {
  readonly action_id: number;
  readonly event: string;
  readonly result: string | null;
  readonly host: string;
  readonly details: string | null;
  readonly traceback: string | null;
  readonly created_at: string;
  readonly updated_at: string | null;
  readonly start_time: string;
  readonly finish_time: string | null;
}

/** The rows of the log and the names of the servers, read directly from the database. */
export interface Log {
  readonly names: readonly string[];
  readonly actions: readonly LoggedAction[];
  readonly events: readonly LoggedEvent[];
}

export async function readLog(source: DataSource): Promise<Log> {
  const names = await source.query<{ display_name: string }[]>(
    'SELECT display_name FROM instances ORDER BY uuid',
  );
  return {
    names: names.map(({ display_name: name }) => name),
    actions: await source.query<LoggedAction[]>('SELECT * FROM instance_actions ORDER BY id'),
    events: await source.query<LoggedEvent[]>('SELECT * FROM instance_actions_events ORDER BY id'),
  };
}

/**
 * Returns what a log with at most one action of one event says about it. Fails if the log contradicts itself or the row
 * of the server: a success without the change, a change without a success, or an end without a result.
 */
export function truthOf({ names, actions, events }: Log): 'nothing' | 'open' | 'Success' | 'Error' {
  const [action] = actions;
  const [event] = events;
  const isChanged = names.includes('new');
  const problem = (text: string): Error =>
    new Error(`${text}: ${JSON.stringify({ names, actions, events })}`);
  if (actions.length > 1 || events.length !== actions.length) throw problem('not one action with one event');
  if (isChanged !== (event?.result === 'Success')) throw problem('the change and the result differ');
  if (action === undefined || event === undefined) return 'nothing';
  const isOpen = event.finish_time === null;
  if (isOpen !== (event.result === null) || isOpen !== (event.updated_at === null))
    throw problem('a part of the end is missing');
  if ((action.message === 'Error') !== (event.result === 'Error')) throw problem('action and event differ');
  if ((event.details !== null) !== (event.result === 'Error')) throw problem('details and result differ');
  return isOpen ? 'open' : event.result === 'Success' ? 'Success' : 'Error';
}
