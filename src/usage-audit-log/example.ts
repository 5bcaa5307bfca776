import type { EntityManager } from 'typeorm';
import { exampleHost } from '../nova/servers/example.js';
import { lastCompletedPeriod } from './audit-period.js';

/** The time in the example request of Nova's documentation. The example data contains audits of the month before it. */
export const EXAMPLE_TIME = '2012-07-02 00:00:00';

/**
 * The audits of three hosts. Two audits are done, one of them with an error, and one is running. A fourth host has no
 * audit.
 */
const AUDITS = [
  { host: exampleHost(1), state: 'DONE', task_items: 2, errors: 0 },
  { host: exampleHost(2), state: 'DONE', task_items: 3, errors: 1 },
  { host: exampleHost(3), state: 'RUNNING', task_items: 1, errors: 0 },
];

/**
 * Inserts audits of the last completed month, which the list shows by default. Also inserts audits of the month before
 * `EXAMPLE_TIME`.
 */
export async function insertExampleAudits(manager: EntityManager): Promise<void> {
  const services = [1, 2, 3, 4].map((number) => ({ host: exampleHost(number), topic: 'compute' }));
  await manager.insert('services', [...services, { host: 'conductor-1.example.org', topic: 'conductor' }]);
  for (const time of [new Date(`${EXAMPLE_TIME}Z`), new Date()]) {
    const { begin, end } = lastCompletedPeriod('month', time);
    const period = { task_name: 'instance_usage_audit', period_beginning: begin, period_ending: end };
    const rows = AUDITS.map((audit) => ({ ...audit, ...period, ...outcome(audit, end) }));
    await manager.insert('task_log', rows);
  }
}

function outcome({ host, state, task_items: servers }: (typeof AUDITS)[number], time: Date): object {
  const done = `Instance usage audit ran for host ${host}, ${servers} instances in 0.01 seconds.`;
  return state === 'DONE'
    ? { message: done, created_at: time, updated_at: time }
    : { message: 'Instance usage audit started...', created_at: time };
}
