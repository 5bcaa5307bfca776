import type { FastifyReply, FastifyRequest } from 'fastify';
import { longResponses } from '../../common/http/long-response.js';
import { plainAddress } from '../../common/plain-address.js';
import { type ClientError, clientErrors } from '../requests/client-errors.js';
import { parseNovaUrl, quotePath } from '../../nova/url/nova-url.js';
import { ObservedRequest } from '../requests/observed-request.js';
import type { RequestWatcher } from '../requests/watch-requests.js';
import type { Log } from './open-log.js';

/** The form of the ids that OpenStack's services give to requests, and pass on to each other. */
const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What stands behind this in a path of Nova's is a token: it opens a server's console. */
const CONSOLE_TOKEN = /(\/os-console-auth-tokens\/).*/is;

/** One line for each request, at its end; for a stream also one at its beginning. */
export class AccessLog implements RequestWatcher {
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log.child({ logger: 'Access' });
  }

  finished(finished: ObservedRequest): void {
    const { from, by } = fieldsOf(finished);
    this.log.info(
      {
        ...from,
        status: finished.status,
        length: finished.length,
        microversion: finished.microversion,
        seconds: Math.round(finished.seconds * 1e6) / 1e6,
        ...by,
        view: finished.view,
        cut: finished.isCut || undefined,
      },
      'request',
    );
  }

  /** A stream has a line when it begins, because the line of its end may come days later. */
  private readonly streamBegan = (reply: FastifyReply): void => {
    const { request } = reply;
    const { from, by } = fieldsOf(new ObservedRequest(request, reply, plainAddress(request.ip), 0));
    this.log.info({ ...from, ...by }, 'stream begins');
  };

  /** Logs bytes that are not a valid request. */
  readonly refused = ({ address, status, length, code, requestId }: ClientError): void => {
    this.log.info({ address, status, length, request_id: requestId, code }, 'no request');
  };

  /** @returns ends it */
  listen(): () => void {
    clientErrors.subscribe(this.refused);
    longResponses.subscribe(this.streamBegan);
    return () => {
      clientErrors.unsubscribe(this.refused);
      longResponses.unsubscribe(this.streamBegan);
    };
  }
}

/** The fields that are known from the beginning: the client, the route and the caller. */
function fieldsOf({ request, nova, address, method, route, isLong }: ObservedRequest): {
  readonly from: object;
  readonly by: object;
} {
  const parsed = quotePath(nova?.url.path ?? parseNovaUrl(request.originalUrl).path);
  return {
    from: {
      address,
      method,
      path: pathOf(request.originalUrl, parsed),
      route,
      kind: isLong ? 'stream' : undefined,
    },
    by: {
      request_id: nova?.requestId,
      global_request_id: globalRequestId(request),
      user_id: nova?.context?.userId,
      project_id: nova?.context?.projectId ?? undefined,
    },
  };
}

/** As it was sent, without the query, in which anything may stand. @param parsed the path in its one form, quoted */
function pathOf(target: string, parsed: string): string {
  const mark = target.search(/[?#]/);
  const path = mark < 0 ? target : target.slice(0, mark);
  if (parsed.toLowerCase().includes('/os-console-auth-tokens/'))
    return parsed.replace(CONSOLE_TOKEN, '$1***');
  // A whole address may name a user and a password.
  return path.startsWith('/') ? path : parsed;
}

/** The id that the caller gives to all that a request of its own leads to. */
function globalRequestId({ headers }: FastifyRequest): string | undefined {
  const id = headers['x-openstack-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined;
}
