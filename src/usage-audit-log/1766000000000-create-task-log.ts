import { createsTables } from '../database/tables/creates-tables.js';

/** Creates the table of task logs, which contains the usage audits, and the table of Nova's services. */
export const CreateTaskLog1766000000000 = createsTables('CreateTaskLog1766000000000', {
  task_log: {
    ids: ['task_name', 'host'],
    texts: ['state', 'message'],
    times: ['period_beginning', 'period_ending'],
    numbers: ['task_items', 'errors'],
    unique: { uniq_task_log: ['task_name', 'period_beginning', 'period_ending', 'host'] },
  },
  services: { ids: ['host', 'topic'] },
});
