import { Controller, Get, Head, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { OpenRoutes } from '../../nova/route/declarations.js';
import { Metrics } from './metrics.js';

/** Serves the metrics for Prometheus. */
@ApiExcludeController()
@OpenRoutes('operations', 'Prometheus has no token, and the metrics contain nothing about tenants')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

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
