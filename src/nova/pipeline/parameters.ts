import { createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BadRequest } from '../fault/faults.js';
import { INTEGER } from '../python/integer.js';
import type { NeededInput } from '../route/nova-route.js';
import { type Exchange, exchangeValue } from './exchange.js';

export type { EnforcePolicy } from './exchange.js';

/** @param needs see `exchangeParameter` */
function needing(needs: NeededInput | undefined): { readonly needs: NeededInput | undefined } {
  return { needs };
}

function exchangeOf(execution: ExecutionContext): Exchange {
  return execution.switchToHttp().getRequest<FastifyRequest>().nova;
}

/** @param needs the part of the route's declaration without which the value does not exist; `routeProblem` reads it */
function exchangeParameter(name: keyof Exchange, needs?: NeededInput): () => ParameterDecorator {
  const factory = (_data: unknown, execution: ExecutionContext): unknown =>
    exchangeValue(execution.switchToHttp().getRequest<FastifyRequest>(), name);
  return createParamDecorator(Object.assign(factory, needing(needs)));
}

/** Parameter decorator for the caller, a `RequestContext`. */
export const Caller = exchangeParameter('context');
/** Parameter decorator for the server that the URL names, a `Server`. The server is visible to the caller. */
export const TargetServer = exchangeParameter('server');
/** Parameter decorator for the checked query: an instance of the query class for the negotiated microversion. */
export const CheckedQuery = exchangeParameter('query');
/** Parameter decorator for the checked body: a frozen instance of the body class for the negotiated microversion. */
export const CheckedBody = exchangeParameter('body', 'body');
/** Parameter decorator for the item that the URL names. The route's `ItemFinder` has found it. */
export const TargetItem = exchangeParameter('item', 'item');
/** Parameter decorator for a function that enforces one of the route's `laterPolicies`: an `EnforcePolicy`. */
export const Enforce = exchangeParameter('enforce', 'laterPolicies');
/** Parameter decorator for the view and the fields that the caller may see, an `Access`. */
export const GrantedAccess = exchangeParameter('access');
/** Parameter decorator for the negotiated `Microversion`. */
export const Version = exchangeParameter('version');
/** Parameter decorator for a `LinesRequest`; undefined if the client wants the usual response. */
export const RequestedLines = createParamDecorator(
  Object.assign(
    (_data: unknown, execution: ExecutionContext) => exchangeOf(execution).lines,
    needing('lines'),
  ),
);
/** Parameter decorator for a declared request header: a string, or undefined if the request does not have it. */
export const CheckedHeader = createParamDecorator(
  Object.assign(
    (name: string, execution: ExecutionContext) => exchangeOf(execution).headers?.[name],
    needing('headers'),
  ),
);

/**
 * A pipe that checks a numeric id in the path: `@Param('aggregate_id', IntegerId) id: string`. The pipe runs after the
 * policy check, as Nova's `validate_integer` does. The id remains a string, because error messages quote it as the
 * client sent it. For a database query, `asNumber` converts it.
 */
export class IntegerId implements PipeTransform<string, string> {
  /** @throws BadRequest if the id is not an integer */
  transform(id: string): string {
    if (!INTEGER.test(id)) throw new BadRequest('Invalid input received: id must be an integer');
    return id;
  }
}
