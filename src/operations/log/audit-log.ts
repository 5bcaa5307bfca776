import type { FastifyInstance } from 'fastify';
import { auditedResponses, type AuditedResponse } from '../../nova/pipeline/audit.js';
import { quotePath } from '../../nova/url/nova-url.js';
import { ObservedRequest } from '../requests/observed-request.js';
import type { Log } from './open-log.js';

/**
 * Logs a line for each request that reads across projects or gets the internal view of the log. Neither ACCESS_LOG nor
 * LOG_LEVEL turns these lines off.
 */
export class AuditLog {
  private readonly log: Log;

  /** @param server the HTTP server of the application: a process may have several applications, with a log each */
  constructor(
    log: Log,
    private readonly server: FastifyInstance['server'],
  ) {
    this.log = log.child({ logger: 'Audit' }, { level: 'info' });
  }

  private readonly write = ({ request, reply, address, phase }: AuditedResponse): void => {
    if (request.server.server !== this.server) return;
    const { url, context, route, requestId, audited } = request.nova;
    const { status, isCut } = new ObservedRequest(request, reply, address, 0);
    const fields = {
      reason: audited?.reason,
      policy: route?.policy.name,
      user_id: context?.userId,
      project_id: context?.projectId ?? undefined,
      roles: context?.roles,
      address,
      request_id: requestId,
      path: quotePath(url.path),
      query: url.query,
    };
    if (phase === 'start') this.log.info(fields, 'audited read starts');
    else this.log.info({ ...fields, status, items: audited?.items, cut: isCut || undefined }, 'audited read');
  };

  /** Starts to log. @returns a function that stops the logging */
  listen(): () => void {
    auditedResponses.subscribe(this.write);
    return () => void auditedResponses.unsubscribe(this.write);
  }
}
