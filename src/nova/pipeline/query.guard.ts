import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readApiQuery } from '../query/api-query.js';
import { NoParameters, QuerySteps } from '../query/query-steps.js';
import { exchangeValue } from './exchange.js';
import { readHeaders } from './request-headers.js';

/**
 * Checks the query parameters of a request, and the declared headers. The parameters of a `NovaRoute` depend on the
 * negotiated microversion.
 */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { query: declared = NoParameters, headers } = exchangeValue(request, 'route');
    const { query } = request.nova.url;
    request.nova.query =
      declared instanceof QuerySteps
        ? declared.read(exchangeValue(request, 'version'), query)
        : readApiQuery(declared, query);
    if (headers !== undefined) request.nova.headers = readHeaders(headers, request.headers);
    return true;
  }
}
