import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { parseQuery } from '../url/parse-query.js';
import { checkQuery, NoParameters, QuerySteps } from '../query/query-steps.js';
import { exchangeValue } from './exchange.js';

/** Checks the query parameters of a request. Those of a `NovaRoute` depend on the negotiated microversion. */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { query: declared = NoParameters } = exchangeValue(request, 'route');
    const { query } = request.nova.url;
    request.nova.query =
      declared instanceof QuerySteps
        ? declared.read(exchangeValue(request, 'version'), query)
        : checkQuery({ accepts: declared }, parseQuery(query));
    return true;
  }
}
