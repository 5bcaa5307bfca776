import type { FastifyReply, FastifyRequest } from 'fastify';
import { longResponses } from '../../common/http/long-response.js';
import { plainAddress } from '../../common/plain-address.js';
import { type ClientError, clientErrors } from '../requests/client-errors.js';
import { parseNovaUrl, quotePath } from '../../nova/url/nova-url.js';
import { ObservedRequest } from '../requests/observed-request.js';
import type { RequestWatcher } from '../requests/watch-requests.js';
import type { Log } from './open-log.js';

/** The format of the request ids that OpenStack's services create and pass to each other. */
const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Matches a console token in a path of Nova, and the part of the path before the token. The token gives access to a
 * server's console.
 */
const CONSOLE_TOKEN = /(\/os-console-auth-tokens\/).*/is;

/**
 * Logs a line for each finished request. If the response is a stream (a long response), a line is logged also when the
 * response starts.
 */
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

  /** Logs the start of a stream, because it may be days until the stream ends. */
  private readonly streamStarted = (reply: FastifyReply): void => {
    const { request } = reply;
    const { from, by } = fieldsOf(new ObservedRequest(request, reply, plainAddress(request.ip), 0));
    this.log.info({ ...from, ...by }, 'stream starts');
  };

  /** Logs input that is not a valid HTTP request. */
  readonly rejected = ({ address, status, length, code, requestId }: ClientError): void => {
    this.log.info({ address, status, length, request_id: requestId, code }, 'invalid request');
  };

  /** Starts to log streams and invalid requests. @returns a function that stops the logging */
  listen(): () => void {
    clientErrors.subscribe(this.rejected);
    longResponses.subscribe(this.streamStarted);
    return () => {
      clientErrors.unsubscribe(this.rejected);
      longResponses.unsubscribe(this.streamStarted);
    };
  }
}

/** Returns the fields that are known when the response starts: the client, the route and the caller. */
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

/**
 * Returns the path as the client sent it, without the query, which may contain secrets.
 *
 * @param parsed the normalized path
 */
function pathOf(target: string, parsed: string): string {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  if (parsed.toLowerCase().includes('/os-console-auth-tokens/'))
    return parsed.replace(CONSOLE_TOKEN, '$1***');
  // The client may have sent an absolute URL, which may contain a user name and a password.
  return path.startsWith('/') ? path : parsed;
}

/**
 * Returns the caller's global request id. If one request leads to requests to other OpenStack services, they all have
 * the same global id.
 */
function globalRequestId({ headers }: FastifyRequest): string | undefined {
  const id = headers['x-openstack-request-id'];
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : undefined;
}
