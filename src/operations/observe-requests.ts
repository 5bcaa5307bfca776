import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { onRequestHookHandler } from 'fastify';
import type { Settings } from '../config/settings.js';
import { AccessLog } from './log/access-log.js';
import { AuditLog } from './log/audit-log.js';
import type { Log } from './log/open-log.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { type RequestWatcher, watchRequests } from './requests/watch-requests.js';

/**
 * Starts the audit log. Returns the hook that counts and logs every request, or undefined if the settings disable both
 * log and metrics.
 */
export function observeRequests(
  application: NestFastifyApplication,
  { METRICS, ACCESS_LOG }: Settings,
  log: Log,
): onRequestHookHandler | undefined {
  const fastify = application.getHttpAdapter().getInstance();
  const watchers: RequestWatcher[] = [];
  if (METRICS) watchers.push(application.get(RequestMetrics));
  const logs: { listen(): () => void }[] = [new AuditLog(log, fastify.server)];
  if (ACCESS_LOG && log.isLevelEnabled('info')) {
    const accessLog = new AccessLog(log);
    watchers.push(accessLog);
    logs.push(accessLog);
  }
  const stopListening = logs.map((one) => one.listen());
  fastify.addHook('onClose', (_fastify, done) => {
    for (const stop of stopListening) stop();
    done();
  });
  return watchers.length === 0 ? undefined : watchRequests(watchers);
}
