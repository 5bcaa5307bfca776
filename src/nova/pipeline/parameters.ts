import { createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BadRequest } from '../fault/faults.js';
import { type Exchange, exchangeValue } from './exchange.js';

function exchangeParameter(name: keyof Exchange): () => ParameterDecorator {
  return createParamDecorator((_data: unknown, execution: ExecutionContext) =>
    exchangeValue(execution.switchToHttp().getRequest<FastifyRequest>(), name),
  );
}

/** The caller: a `RequestContext`. */
export const Caller = exchangeParameter('context');
/** The server that the URL names: a `Server`. It is visible to the caller. */
export const TargetServer = exchangeParameter('server');
/** The checked query: an instance of the query class for the negotiated microversion. */
export const CheckedQuery = exchangeParameter('query');
/** The view and the fields that the caller may see: an `Access`. */
export const GrantedAccess = exchangeParameter('access');
/** The negotiated `Microversion`. */
export const Version = exchangeParameter('version');

/**
 * The texts that Python's `int()` accepts. Nova reads a path as single bytes, so only ASCII digits and spaces match.
 */
const INTEGER = /^[\t-\r ]*[+-]?\d+(?:_\d+)*[\t-\r ]*$/;

/**
 * The check of a numeric id in the path: `@Param('aggregate_id', IntegerId) id: string`. It runs after the policy
 * check, as Nova's `validate_integer` does. The id remains a string, because messages repeat it as sent. `asNumber`
 * converts it for a database query.
 */
export class IntegerId implements PipeTransform<string, string> {
  /** @throws BadRequest if the id is not an integer */
  transform(id: string): string {
    if (!INTEGER.test(id)) throw new BadRequest('Invalid input received: id must be an integer');
    return id;
  }
}
