import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import { itemAddresses, nextPageAddress } from '../url/links.js';
import type { Link, ViewScope } from '../view/view.js';
import { exchangeValue } from './exchange.js';
import { jsonBody } from './json-body.js';
import { addVersionHeaders } from './version-headers.js';

/**
 * Renders the result of a handler in the view that the role guard chose. The response contains nothing that the view
 * does not render.
 */
@Injectable()
export class ViewInterceptor implements NestInterceptor {
  constructor(private readonly settings: Settings) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<string> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { view } = exchangeValue(request, 'route');
    const scope = new RequestScope(request, this.settings.PUBLIC_URL);
    return next.handle().pipe(
      map((result) => {
        const body = jsonBody(reply, view[scope.access.view](result, scope));
        addVersionHeaders(request, reply);
        return body;
      }),
    );
  }
}

/** The data of one request that a view may use. */
class RequestScope implements ViewScope {
  readonly access: Access;

  constructor(
    private readonly request: FastifyRequest,
    private readonly publicUrl: string | undefined,
  ) {
    this.access = exchangeValue(request, 'access');
  }

  get version(): Microversion {
    return exchangeValue(this.request, 'version');
  }

  get server(): ViewScope['server'] {
    const { uuid, urlId, projectId } = exchangeValue(this.request, 'server');
    return { uuid, urlId, projectId };
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
