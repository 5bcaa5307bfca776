import type { EntityManager } from 'typeorm';
import { exampleHost } from '../nova/servers/example.js';
import { type AuditPeriod, lastCompleted } from './audit-period.js';

/** A time that the documentation asks for: of the month before it the example has audits. */
export const EXAMPLE_TIME = '2012-07-02 00:00:00';

/** Four hosts: two have done their audit, one of them with an error, one is still at work, one has not begun. */
const AUDITS = [
  { number: 1, state: 'DONE', task_items: 2, errors: 0 },
  { number: 2, state: 'DONE', task_items: 3, errors: 1 },
  { number: 3, state: 'RUNNING', task_items: 1, errors: 0 },
];

/** The audits are of last month, which the list shows by default, and of the month that the documentation asks for. */
export async function insertExampleAudits(manager: EntityManager): Promise<void> {
  const services = [1, 2, 3, 4].map((number) => ({ host: exampleHost(number), topic: 'compute' }));
  await manager.insert('services', [...services, { host: 'conductor-1.example.org', topic: 'conductor' }]);
  for (const time of [new Date(`${EXAMPLE_TIME}Z`), new Date()]) {
    await manager.insert('task_log', auditsOf(lastCompleted('month', time)));
  }
}

function auditsOf({ begin, end }: AuditPeriod): object[] {
  return AUDITS.map(({ number, state, task_items, errors }) => ({
    task_name: 'instance_usage_audit',
    host: exampleHost(number),
    period_beginning: begin,
    period_ending: end,
    state,
    task_items,
    errors,
    message: messageOf(exampleHost(number), state, task_items),
    created_at: end,
    updated_at: state === 'DONE' ? end : null,
  }));
}

function messageOf(host: string, state: string, servers: number): string {
  return state === 'DONE'
    ? `Instance usage audit ran for host ${host}, ${servers} instances in 0.01 seconds.`
    : 'Instance usage audit started...';
}
