import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Settings } from '../config/settings.js';
import { AccessLog } from './log/access-log.js';
import type { Log } from './log/open-log.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { type RequestWatcher, watchRequests } from './requests/watch-requests.js';

/** Counts and logs every request, as the settings say. Call it before other hooks are added. */
export function observeRequests(
  application: NestFastifyApplication,
  { METRICS, ACCESS_LOG }: Settings,
  log: Log,
): void {
  const fastify = application.getHttpAdapter().getInstance();
  const watchers: RequestWatcher[] = [];
  if (METRICS) watchers.push(application.get(RequestMetrics, { strict: false }));
  if (ACCESS_LOG && log.isLevelEnabled('info')) {
    const accessLog = new AccessLog(log);
    const endListening = accessLog.listen();
    fastify.addHook('onClose', (_fastify, done) => {
      endListening();
      done();
    });
    watchers.push(accessLog);
  }
  watchRequests(fastify, watchers);
}
