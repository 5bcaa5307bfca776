import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Exchange, found } from '../http/exchange.js';

function finding(name: keyof Exchange): () => ParameterDecorator {
  return createParamDecorator((_data: unknown, execution: ExecutionContext) =>
    found(execution.switchToHttp().getRequest<FastifyRequest>(), name),
  );
}

/** The caller: a `RequestContext`. */
export const Caller = finding('context');
/** The server that the URL names, as the caller may see it: a `Server`. */
export const TargetServer = finding('server');
/** The checked query: `QueryParameters`. */
export const CheckedQuery = finding('query');
/** What the caller may see: an `Access`. */
export const Granted = finding('access');
/** The negotiated `Microversion`. */
export const Version = finding('version');
