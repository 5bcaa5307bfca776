import { pythonTime } from '../nova/python/time.js';
import { sameForBothViews, type NovaView } from '../nova/view/view.js';
import type { Audits } from './usage-audit-log.store.js';

export const listView: NovaView<Audits> = sameForBothViews((audits) => ({
  instance_usage_audit_logs: summary(audits),
}));
export const showView: NovaView<Audits> = sameForBothViews((audits) => ({
  instance_usage_audit_log: summary(audits),
}));

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
