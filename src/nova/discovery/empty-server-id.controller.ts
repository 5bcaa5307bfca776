import { Controller, Get, Param, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RouteNotFound } from '../fault/faults.js';
import { checkNovaRequest } from '../pipeline/check-nova-request.js';
import { OpenRoutes } from '../route/declarations.js';
import { isUuidLike, serverNotFound } from '../servers/servers.service.js';

/**
 * Returns the 404 response for a path with an empty server id, such as `/servers//os-instance-actions`. Nova reads this
 * path as `/servers/os-instance-actions`, and returns 404 because no server has the id `os-instance-actions`.
 */
@ApiExcludeController()
@OpenRoutes('api', 'it reveals nothing about any server')
@Controller('v2.1/servers')
export class EmptyServerIdController {
  @Get(':server_id')
  show(@Req() request: FastifyRequest, @Param('server_id') id: string): never {
    if (isUuidLike(id) || id === 'detail') throw new RouteNotFound();
    checkNovaRequest(request);
    throw serverNotFound(id);
  }
}
