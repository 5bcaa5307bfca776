import { listOf, objectSchema, type SchemaObject } from '../nova/view/fields.js';

const COUNT: SchemaObject = { type: 'integer' };

const ofHost = objectSchema('Audit of a host', {
  state: { description: 'RUNNING or DONE.', nullable: true },
  instances: { description: 'How many servers it is about.', schema: COUNT, nullable: true },
  errors: { description: 'How many of them failed.', schema: COUNT, nullable: true },
  message: { description: 'What the host says of it.', nullable: true },
});

const audits = objectSchema('Audits of a period', {
  period_beginning: { description: 'When the period began: YYYY-MM-DD HH:MM:SS, UTC.' },
  period_ending: { description: 'When it ended, UTC.' },
  num_hosts: { description: 'How many hosts there are for servers.', schema: COUNT },
  num_hosts_done: { description: 'How many hosts have done their audit.', schema: COUNT },
  num_hosts_running: { description: 'How many are at it.', schema: COUNT },
  num_hosts_not_run: { description: 'How many have not begun.', schema: COUNT },
  hosts_not_run: { description: 'Which have not.', schema: listOf({ type: ['string', 'null'] }) },
  total_instances: { description: 'How many servers the audits are about.', schema: COUNT },
  total_errors: { description: 'How many failed.', schema: COUNT },
  overall_status: { description: 'The same in a sentence.' },
  log: { description: 'By host.', schema: { type: 'object', additionalProperties: ofHost } },
});

const field = { description: 'The audits of the period.', schema: audits };
export const listResponse = objectSchema('Last audits', { instance_usage_audit_logs: field });
export const showResponse = objectSchema('Earlier audits', { instance_usage_audit_log: field });
