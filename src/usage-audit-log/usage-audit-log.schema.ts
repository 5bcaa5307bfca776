import { INTEGER, listOf, objectSchema } from '../nova/schema/fields.js';

const NAMES = listOf({ type: ['string', 'null'] });

const ofHost = objectSchema('Audit of a host', {
  state: { description: 'The state of the audit: RUNNING or DONE.', nullable: true },
  instances: { description: 'The number of servers in the audit.', schema: INTEGER, nullable: true },
  errors: { description: 'The number of servers whose audit failed.', schema: INTEGER, nullable: true },
  message: { description: 'The message that the host recorded.', nullable: true },
});

export const AUDITS = objectSchema('Audits of a period', {
  period_beginning: { description: 'The start of the period in UTC: YYYY-MM-DD HH:MM:SS.' },
  period_ending: { description: 'The end of the period, in UTC.' },
  num_hosts: { description: 'The number of compute hosts.', schema: INTEGER },
  num_hosts_done: { description: 'The number of hosts whose audit is done.', schema: INTEGER },
  num_hosts_running: { description: 'The number of hosts whose audit is running.', schema: INTEGER },
  num_hosts_not_run: {
    description: 'The number of hosts that have not started their audit.',
    schema: INTEGER,
  },
  hosts_not_run: { description: 'The hosts that have not started their audit.', schema: NAMES },
  total_instances: { description: 'The number of servers in all audits.', schema: INTEGER },
  total_errors: { description: 'The number of servers whose audit failed, on all hosts.', schema: INTEGER },
  overall_status: { description: 'A short summary.' },
  log: { description: 'The audits, by host.', schema: { type: 'object', additionalProperties: ofHost } },
});

/** The example response in Nova's documentation. */
export const EXAMPLE = {
  period_beginning: '2012-06-01 00:00:00',
  period_ending: '2012-07-01 00:00:00',
  num_hosts: 4,
  num_hosts_done: 3,
  num_hosts_running: 0,
  num_hosts_not_run: 1,
  hosts_not_run: ['329fa448-f6bb-4e72-b954-faa66c30d4fa'],
  total_instances: 6,
  total_errors: 3,
  overall_status: '3 of 4 hosts done. 3 errors.',
  log: {
    ...exampleOf('2c8ef37b-f0cc-4a9e-92a6-32df0095cb12', 1),
    ...exampleOf('60dbe74d-0cf3-419b-83f5-407e4b78c7b4', 2),
    ...exampleOf('2aa90c00-23eb-4da6-aff9-eda66bb56182', 3),
  },
};

function exampleOf(host: string, instances: number): object {
  const message = `Instance usage audit ran for host ${host}, ${instances} instances in 0.01 seconds.`;
  return { [host]: { state: 'DONE', instances, errors: 1, message } };
}
