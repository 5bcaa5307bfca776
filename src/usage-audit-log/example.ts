import type { EntityManager } from 'typeorm';
import { exampleHost } from '../nova/servers/example.js';
import { lastCompleted } from './audit-period.js';

/** Four hosts: two have done their audit, one of them with an error, one is still at work, one has not begun. */
const AUDITS = [
  { number: 1, state: 'DONE', task_items: 2, errors: 0 },
  { number: 2, state: 'DONE', task_items: 3, errors: 1 },
  { number: 3, state: 'RUNNING', task_items: 1, errors: 0 },
];

/** The audits are of last month, so that the list shows them by default. */
export async function insertExampleAudits(manager: EntityManager): Promise<void> {
  const { begin, end } = lastCompleted('month', new Date());
  const services = [1, 2, 3, 4].map((number) => ({ host: exampleHost(number), topic: 'compute' }));
  await manager.insert('services', [...services, { host: 'conductor-1.example.org', topic: 'conductor' }]);
  await manager.insert(
    'task_log',
    AUDITS.map(({ number, state, task_items, errors }) => ({
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
    })),
  );
}

function messageOf(host: string, state: string, servers: number): string {
  return state === 'DONE'
    ? `Instance usage audit ran for host ${host}, ${servers} instances in 0.01 seconds.`
    : 'Instance usage audit started...';
}
