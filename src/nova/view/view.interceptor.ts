import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { found } from '../http/exchange.js';
import { jsonBody } from '../http/json-body.js';
import { itemAddresses, nextPageAddress } from '../http/links.js';
import { addVersionHeaders } from '../http/version-headers.js';
import { novaRoute } from '../route/declarations.js';
import type { ViewScope } from './view.js';

/** Renders what a handler returns in the view that the role guard has decided on, and in no other. */
@Injectable()
export class ViewInterceptor implements NestInterceptor {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Settings) private readonly settings: Settings,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = novaRoute(this.reflector, execution.getHandler());
    if (route === undefined) return next.handle();
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result) => {
        const scope = this.scopeOf(request);
        addVersionHeaders(request, reply);
        return jsonBody(reply, route.view[scope.access.view](result, scope));
      }),
    );
  }

  private scopeOf(request: FastifyRequest): ViewScope {
    const { PUBLIC_URL } = this.settings;
    return {
      access: found(request, 'access'),
      version: found(request, 'version'),
      get server() {
        return found(request, 'server');
      },
      nextPage: (collection, marker) => ({
        rel: 'next',
        href: nextPageAddress(request, PUBLIC_URL, collection, marker),
      }),
      itemLinks(path) {
        const { self, bookmark } = itemAddresses(request, PUBLIC_URL, path);
        return [
          { rel: 'self', href: self },
          { rel: 'bookmark', href: bookmark },
        ];
      },
    };
  }
}
