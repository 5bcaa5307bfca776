import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { BodyClass } from '../body/body-property.js';
import { BodySteps, checkBody } from '../body/body-steps.js';
import { checkContentType } from './check-nova-request.js';
import { exchangeValue } from './exchange.js';
import { readJson } from './request-json.js';

/**
 * Checks the body of a route that declares one. A `NovaRoute` uses the body step for the negotiated microversion; its
 * microversion guard has read the body. The body of an `ApiRoute` is read here.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { body } = exchangeValue(request, 'route');
    if (body === undefined) return true;
    if (!(body instanceof BodySteps)) return this.readAndCheck(request, body);
    const { json = null, url } = request.nova;
    const strictness = url.root === 'v2' ? 'relaxed' : 'strict';
    request.nova.body = body.read(exchangeValue(request, 'version'), json, strictness);
    return true;
  }

  private async readAndCheck(request: FastifyRequest, body: BodyClass): Promise<true> {
    checkContentType(request);
    request.nova.body = Object.freeze(checkBody(body, (await readJson(request)) ?? null));
    return true;
  }
}
