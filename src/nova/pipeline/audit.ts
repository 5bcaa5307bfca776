import type { FastifyReply, FastifyRequest } from 'fastify';
import { whenResponseCloses } from '../../common/http/response-closed.js';
import { plainAddress } from '../../common/plain-address.js';
import { topic } from '../../common/topic.js';
import { exchangeValue } from './exchange.js';

/** A request with a line in the audit log. Its response has ended, or has started to return lines. */
export interface AuditedResponse {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The address of the client. */
  readonly address: string;
  readonly phase: 'start' | 'end';
}

/** The topic on which the kit publishes the responses for the audit log. */
export const auditedResponses = topic<AuditedResponse>('audited-response');

/**
 * Decides whether the audit log has a line about an allowed request. If so, publishes the request when its response has
 * ended, also if the handler failed or the client has closed the connection.
 */
export function auditRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { nova } = request;
  const route = exchangeValue(request, 'route');
  const reason = route.audit?.({
    caller: exchangeValue(request, 'context'),
    query: exchangeValue(request, 'query'),
    item: nova.item,
    access: exchangeValue(request, 'access'),
  });
  if (reason === undefined) return;
  // The address is read now, because a connection has no address after it has been closed.
  const address = plainAddress(request.ip);
  nova.audited = { reason, address, items: 0 };
  whenResponseCloses(reply.raw, () => {
    auditedResponses.publish({ request, reply, address, phase: 'end' });
  });
}

/** Publishes an audited request whose response starts to return lines. */
export function auditStart(request: FastifyRequest, reply: FastifyReply): void {
  const { audited } = request.nova;
  if (audited !== undefined)
    auditedResponses.publish({ request, reply, address: audited.address, phase: 'start' });
}

/** Adds to the number of items that the audit log reports about a response. */
export function countItems({ nova: { audited } }: FastifyRequest, items: number): void {
  if (audited !== undefined) audited.items += items;
}
