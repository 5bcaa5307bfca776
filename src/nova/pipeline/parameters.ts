import { createParamDecorator, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { BadRequest } from '../fault/faults.js';
import { type Exchange, exchangeValue } from './exchange.js';

function finding(name: keyof Exchange): () => ParameterDecorator {
  return createParamDecorator((_data: unknown, execution: ExecutionContext) =>
    exchangeValue(execution.switchToHttp().getRequest<FastifyRequest>(), name),
  );
}

/** The caller: a `RequestContext`. */
export const Caller = finding('context');
/** The server that the URL names, as the caller may see it: a `Server`. */
export const TargetServer = finding('server');
/** The checked query: an instance of the query class of the microversion's step. */
export const CheckedQuery = finding('query');
/** What the caller may see: an `Access`. */
export const GrantedAccess = finding('access');
/** The negotiated `Microversion`. */
export const Version = finding('version');

/** What Python's `int()` reads. Nova gets a path as single bytes, so no other digits and spaces count. */
const INTEGER = /^[\t-\r ]*[+-]?\d+(?:_\d+)*[\t-\r ]*$/;

/**
 * Checks an id in the path, after the policy, as Nova's `validate_integer` does:
 * `@Param('aggregate_id', IntegerId) id: string`. The id stays a text: messages repeat it as it was sent, and
 * `asNumber` makes the number of it that Nova's database compares.
 */
export class IntegerId implements PipeTransform<string, string> {
  /** @throws BadRequest for another text */
  transform(id: string): string {
    if (!INTEGER.test(id)) throw new BadRequest('Invalid input received: id must be an integer');
    return id;
  }
}
