import { All, Controller, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../../config/settings.js';
import { MethodNotAllowed, RouteNotFound } from '../fault/faults.js';
import { hasProblems } from '../fault/problem.js';
import { jsonBody } from '../pipeline/json-body.js';
import { rootAddress } from '../url/links.js';
import { checkNovaRequest } from '../pipeline/check-nova-request.js';
import { isApi, quotePath } from '../url/nova-url.js';
import { addVersionHeaders } from '../pipeline/version-headers.js';
import { parseQuery } from '../url/parse-query.js';
import { OpenRoutes } from '../route/declarations.js';
import type { ServedRoutesAdapter } from '../route/served-routes-adapter.js';
import { serverNotFound } from '../servers/further-search.js';
import { isUuidLike } from '../servers/servers.service.js';
import { multipleChoices, versionDocument, versionList } from './versions.js';

/** The version documents and the responses for unknown paths. They accept any HTTP method, as in Nova. */
@ApiExcludeController()
@OpenRoutes('by path', 'clients read the version documents before they have a token')
@Controller()
export class DiscoveryController {
  constructor(
    private readonly settings: Settings,
    private readonly host: HttpAdapterHost,
  ) {}

  @All('/')
  versions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    parseQuery(request.nova.url.query);
    void reply.send(jsonBody(reply, versionList(this.baseAddress(request))));
  }

  @All(['/v2.1', '/v2.1/versions/:id'])
  version(@Req() request: FastifyRequest<{ Params: { id?: string } }>, @Res() reply: FastifyReply): void {
    const { url } = request.nova;
    const isBelowRoot = isApi(url);
    if (isBelowRoot && request.method !== 'GET') throw new RouteNotFound();
    checkNovaRequest(request);
    parseQuery(url.query);
    const { id = 'v2.1' } = request.params;
    const legacy = url.root === 'v2' || id === 'v2.0';
    if (!legacy && id !== 'v2.1') throw new RouteNotFound();
    addVersionHeaders(request, reply);
    void reply.send(jsonBody(reply, versionDocument(legacy ? 'v2' : 'v2.1', this.baseAddress(request))));
  }

  /**
   * Responds to all paths without another route. Returns 404 below `/v2.1` and `/v2`, and 404 or 405 for paths whose
   * errors are problems. Elsewhere it returns 300 with the versions that the client can use instead.
   */
  @All('*')
  unknownPath(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { url } = request.nova;
    if (url.root !== undefined) {
      checkServerId(request);
      throw new RouteNotFound();
    }
    if (hasProblems(url.path)) {
      const routes = (this.host.httpAdapter as unknown as ServedRoutesAdapter).routesFor(url.path);
      const methods = routes.flatMap((route) => route.methods);
      throw methods.length > 0 ? new MethodNotAllowed(methods) : new RouteNotFound();
    }
    parseQuery(url.query);
    // Nova's CORS layer answers every OPTIONS request here with an empty 200 response instead of the version document.
    if (request.method === 'OPTIONS') return void reply.status(200).send();
    void reply
      .status(300)
      .send(jsonBody(reply, multipleChoices(this.baseAddress(request), quotePath(url.path))));
  }

  private baseAddress(request: FastifyRequest): string {
    return rootAddress(request, this.settings.PUBLIC_URL);
  }
}

/**
 * Checks the id in a path `/servers/{id}`. Nova reads `/servers//os-instance-actions` as such a path.
 *
 * @throws NotFound as Nova, for an id that no server can have
 */
function checkServerId(request: FastifyRequest): void {
  const [, encoded] = /^\/v2\.1\/servers\/([^/]+)$/.exec(request.nova.url.route) ?? [];
  if (encoded === undefined || request.method !== 'GET') return;
  const id = decodeURIComponent(encoded);
  if (isUuidLike(id) || id === 'detail') return;
  checkNovaRequest(request);
  throw serverNotFound(id);
}
