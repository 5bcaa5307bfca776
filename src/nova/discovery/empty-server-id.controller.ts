import { Controller, Get, Param, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RouteNotFound } from '../fault/faults.js';
import { checkNovaRequest } from '../pipeline/check-nova-request.js';
import { OpenRoutes } from '../route/declarations.js';
import { isUuidLike, serverNotFound } from '../servers/servers.service.js';

/**
 * Servers themselves are not served here. But `/servers//os-instance-actions`, a client's mistake of an empty
 * id, is to Nova the server `os-instance-actions`, and no server has an id like that.
 */
@ApiExcludeController()
@OpenRoutes('api', 'it says nothing about any server')
@Controller('v2.1/servers')
export class EmptyServerIdController {
  @Get(':server_id')
  show(@Req() request: FastifyRequest, @Param('server_id') id: string): never {
    if (isUuidLike(id) || id === 'detail') throw new RouteNotFound();
    checkNovaRequest(request);
    throw serverNotFound(id);
  }
}
