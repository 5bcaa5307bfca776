import { pythonTime } from '../nova/python/time.js';
import { underKey } from '../nova/view/under-key.js';
import { AUDITS, EXAMPLE } from './usage-audit-log.schema.js';
import type { Audits } from './usage-audit-log.store.js';

const audits = { schema: AUDITS, example: EXAMPLE, render: summary };
export const listed = underKey('instance_usage_audit_logs', audits);
export const shown = underKey('instance_usage_audit_log', audits);

function summary({ period, rows, hosts }: Audits): object {
  const hostsIn = (state: string): number =>
    new Set(rows.filter((row) => row.state === state).map(({ host }) => host)).size;
  const done = hostsIn('DONE');
  const notRun = [...hosts].filter((name) => !rows.some(({ host }) => host === name));
  const errors = rows.reduce((sum, row) => sum + Number(row.errors), 0);
  return {
    period_beginning: pythonTime(period.begin),
    period_ending: pythonTime(period.end),
    num_hosts: hosts.size,
    num_hosts_done: done,
    num_hosts_running: hostsIn('RUNNING'),
    num_hosts_not_run: notRun.length,
    hosts_not_run: notRun,
    total_instances: rows.reduce((sum, row) => sum + Number(row.task_items), 0),
    total_errors: errors,
    overall_status: `${done === hosts.size ? 'ALL' : `${done} of ${hosts.size}`} hosts done. ${errors} errors.`,
    log: Object.fromEntries(
      rows.map(({ host, state, task_items: instances, errors: failed, message }) => [
        String(host),
        { state, instances, errors: failed, message },
      ]),
    ),
  };
}
