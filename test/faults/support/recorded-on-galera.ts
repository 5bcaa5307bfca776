import { expect } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogClient } from '../../support/action-log/log-client.js';

/** The pause before a client repeats a request, in milliseconds. */
const PAUSE = 100;

/** The statuses after which a client repeats a request. */
const REPEATED: readonly number[] = [429, 503];

/** A recorded action in a response. */
export interface RecordedAction {
  readonly id: number;
  readonly events: readonly { readonly id: number }[];
}

/** Records an action with one event. Repeats each request until the service accepts it. @returns the action */
export async function recordAction(client: LogClient, externalId: string): Promise<RecordedAction> {
  const server = { id: '77777777-7777-4777-8777-777777777777', project_id: '453265' };
  const action = { external_id: externalId, action: 'backup', server, events: [{ event: 'copy' }] };
  const { actions } = (await send(client, 'POST', '', { actions: [action] })) as {
    actions: [RecordedAction];
  };
  return actions[0];
}

/** Adds a finished event to an action. Repeats the request until the service accepts it. */
export async function addEvent(client: LogClient, { id }: RecordedAction, event: string): Promise<void> {
  const added = { event, result: 'Success', external_id: event };
  await send(client, 'POST', `/${id}/events`, { events: [added] });
}

/** Finishes the event of an action, and then the action. Repeats each request until the service accepts it. */
export async function finishAction(client: LogClient, { id, events }: RecordedAction): Promise<void> {
  const [event] = events;
  await send(client, 'PATCH', `/${id}/events/${event?.id}`, { result: 'Success' });
  await send(client, 'PATCH', `/${id}`, { status: 'success' });
}

async function send(client: LogClient, method: string, path: string, body: object): Promise<unknown> {
  for (;;) {
    const { status, body: answer } = await client.send('service', method, path, {}, body);
    if (status < 300) return answer;
    expect([REPEATED.includes(status), answer]).toEqual([true, answer]);
    await sleep(PAUSE);
  }
}

/**
 * Checks on one node that the store has each action once, finished, with all its events. Checks the same for the newest
 * entry of each action, for its search row, and for its history.
 *
 * @param url the URL of the store on the node
 * @param events the number of events of each action: one was recorded with the action, and the others later
 */
export async function expectRecorded(
  url: string,
  externalIds: readonly string[],
  events: number,
): Promise<void> {
  const store = await createConnection(url);
  try {
    // With this setting, the node applies all transactions that other nodes have committed before it reads.
    await store.query('SET SESSION wsrep_sync_wait = 1');
    const written = await column(store, 'SELECT CONVERT(external_id USING utf8mb4) FROM written_actions');
    expect(written.sort()).toEqual([...externalIds].sort());
    const states = await column(
      store,
      `SELECT CONCAT_WS(' ', s.state, a.finish_time IS NOT NULL, SUM(e.result = 'Success'), JSON_LENGTH(n.body, '$.events'))
       FROM instance_actions a JOIN search_actions s ON s.id = a.id JOIN entries n ON n.position = s.position
       JOIN instance_actions_events e ON e.action_id = a.id GROUP BY a.id, s.state, n.body`,
    );
    expect(states).toEqual(externalIds.map(() => `3 1 ${events} ${events}`));
    const positions = await column(store, 'SELECT position FROM entries ORDER BY position');
    expect(positions).toEqual(positions.map((_position, index) => index + 1));
    // The beginning, each later event, the end of the first event, and the end of the action.
    expect(positions).toHaveLength((events + 2) * externalIds.length);
    const previous = await column(store, 'SELECT previous FROM entries WHERE previous IS NOT NULL');
    expect(new Set(previous).size).toBe((events + 1) * externalIds.length);
  } finally {
    await store.end();
  }
}

async function column(store: Connection, sql: string): Promise<unknown[]> {
  const [rows] = await store.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  return rows.map(([value]) => value as unknown);
}
