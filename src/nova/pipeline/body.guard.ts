import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../../config/settings.js';
import { readApiBody } from '../body/api-body.js';
import type { BodyClass } from '../body/body-property.js';
import { BodySteps } from '../body/body-steps.js';
import { checkCoding, checkContentType } from './check-nova-request.js';
import { exchangeValue } from './exchange.js';
import { checkLinesType, readLines } from './line-body.js';
import { readApiJson } from './request-json.js';

/**
 * Checks the body of a route that declares one. A `NovaRoute` uses the body step for the negotiated microversion; its
 * microversion guard has read the body. The body of an `ApiRoute` is read here, except lines, which the handler reads.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  constructor(private readonly settings: Settings) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const { body } = exchangeValue(request, 'route');
    if (body === undefined) return true;
    if (!(body instanceof BodySteps)) checkCoding(request);
    if ('lines' in body) {
      checkLinesType(request);
      const timeout = this.settings.REQUEST_TIMEOUT * 1_000;
      request.nova.body = readLines(request, http.getResponse<FastifyReply>(), timeout);
      return true;
    }
    if (!(body instanceof BodySteps)) return this.readAndCheck(request, body);
    const { json = null, url } = request.nova;
    const strictness = url.root === 'v2' ? 'relaxed' : 'strict';
    request.nova.body = body.read(exchangeValue(request, 'version'), json, strictness);
    return true;
  }

  private async readAndCheck(request: FastifyRequest, body: BodyClass): Promise<true> {
    checkContentType(request);
    request.nova.body = readApiBody(body, await readApiJson(request, this.settings.MAX_BODY_SIZE));
    return true;
  }
}
