import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import { cursorAddress, itemAddresses, nextPageAddress } from '../url/links.js';
import type { Link, ViewScope } from '../view/view.js';
import { countItems } from './audit.js';
import { addCopyHeader } from './copy-header.js';
import { addEtag } from './etag.js';
import { exchangeValue } from './exchange.js';
import { jsonBody } from './json-body.js';
import { chooseType, renderLines } from './line-response.js';
import { addLinks } from './response-headers.js';
import { addVersionHeaders } from './version-headers.js';

/**
 * Renders the result of a handler in the view that the role guard chose. The response contains nothing that the view
 * does not render. Without a view, the response has no body. If the client requests lines, the interceptor renders each
 * of them when it is sent.
 */
@Injectable()
export class ViewInterceptor implements NestInterceptor {
  constructor(private readonly settings: Settings) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<string | object | undefined> {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { PUBLIC_URL: publicUrl } = this.settings;
    chooseType(request, reply);
    return next
      .handle()
      .pipe(
        map((result) =>
          request.nova.lines === undefined
            ? renderResult(request, reply, publicUrl, result)
            : renderLines(request, reply, result, new RequestScope(request, publicUrl)),
        ),
      );
  }
}

/**
 * Returns the body of the response to a request, and sets its headers. Returns undefined for a response without a body.
 *
 * @param publicUrl the setting PUBLIC_URL
 * @param result the result of the route's handler
 */
export function renderResult(
  request: FastifyRequest,
  reply: FastifyReply,
  publicUrl: string | undefined,
  result: unknown,
): string | undefined {
  const { view, link, etag, items } = exchangeValue(request, 'route');
  const scope = new RequestScope(request, publicUrl);
  if (link !== undefined) addLinks(reply, link(result, scope));
  countItems(request, items?.(result) ?? 1);
  const body = view && jsonBody(reply, view[scope.access.view](result, scope));
  // As in Nova, a response without a body has a Content-Type, too. With an empty text as its body, Fastify would remove
  // this header from a response with status 204.
  if (body === undefined) void reply.header('Content-Type', 'application/json');
  addVersionHeaders(request, reply);
  addCopyHeader(request, reply);
  if (etag === true && body !== undefined) addEtag(request, reply, body);
  return body;
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

  pageAddress(cursor: string): string {
    return cursorAddress(this.request, this.publicUrl, cursor);
  }

  itemLinks(path: string): Link[] {
    const { self, bookmark } = itemAddresses(this.request, this.publicUrl, path);
    return [
      { rel: 'self', href: self },
      { rel: 'bookmark', href: bookmark },
    ];
  }
}
