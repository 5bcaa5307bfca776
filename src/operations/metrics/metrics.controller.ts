import { Controller, Get, Head, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PublicRoutes } from '../../nova/route/declarations.js';
import { Metrics } from './metrics.js';

/** What Prometheus asks for. */
@ApiExcludeController()
@PublicRoutes('it tells nothing of tenants, and Prometheus has no token', 'operations')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Head()
  showWithoutBody(@Res() reply: FastifyReply): Promise<void> {
    return this.show(reply);
  }

  @Get()
  async show(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.text();
    void reply.header('Content-Type', this.metrics.contentType).send(text);
  }
}
