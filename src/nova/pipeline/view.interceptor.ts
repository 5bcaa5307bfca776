import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { found } from './exchange.js';
import { jsonBody } from './json-body.js';
import { itemAddresses, nextPageAddress } from '../url/links.js';
import { addVersionHeaders } from './version-headers.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import { novaRoute } from '../route/declarations.js';
import type { Server } from '../servers/server.js';
import type { Link, ViewScope } from '../view/view.js';

/** Renders what a handler returns in the view that the role guard has decided on, and in no other. */
@Injectable()
export class ViewInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly settings: Settings,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = novaRoute(this.reflector, execution.getHandler());
    if (route === undefined) return next.handle();
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    return next.handle().pipe(
      map((result) => {
        const scope = new RequestScope(request, this.settings.PUBLIC_URL);
        addVersionHeaders(request, reply);
        return jsonBody(reply, route.view[scope.access.view](result, scope));
      }),
    );
  }
}

/** What a view may know, of one request. */
class RequestScope implements ViewScope {
  readonly access: Access;
  readonly version: Microversion;

  constructor(
    private readonly request: FastifyRequest,
    private readonly publicUrl: string | undefined,
  ) {
    this.access = found(request, 'access');
    this.version = found(request, 'version');
  }

  get server(): Server {
    return found(this.request, 'server');
  }

  nextPage(collection: string, marker: string): Link {
    return { rel: 'next', href: nextPageAddress(this.request, this.publicUrl, collection, marker) };
  }

  itemLinks(path: string): Link[] {
    const { self, bookmark } = itemAddresses(this.request, this.publicUrl, path);
    return [
      { rel: 'self', href: self },
      { rel: 'bookmark', href: bookmark },
    ];
  }
}
