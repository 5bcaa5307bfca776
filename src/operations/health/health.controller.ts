import { Controller, Get, Head, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { OpenRoutes } from '../../nova/route/declarations.js';
import { Readiness } from './readiness.js';

/**
 * Health checks for platforms such as Kubernetes. They restart a replica that is not live, and route requests only to
 * replicas that are ready.
 */
@ApiExcludeController()
@OpenRoutes('operations', 'platforms check the health of the service without a token')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  /**
   * Returns 200 while the process can respond, even if a database or Keystone is unreachable: a restart would not
   * repair that.
   */
  @Get('live')
  live(@Res() reply: FastifyReply): void {
    send(reply, { status: 'ok', details: {} });
  }

  @Head('live')
  liveWithoutBody(@Res() reply: FastifyReply): void {
    this.live(reply);
  }

  @Head('ready')
  readyWithoutBody(@Res() reply: FastifyReply): Promise<void> {
    return this.ready(reply);
  }

  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.readiness.check());
  }
}

function send(reply: FastifyReply, { status, details }: Pick<HealthCheckResult, 'status' | 'details'>): void {
  void reply
    .status(status === 'ok' || status === 'degraded' ? 200 : 503)
    .header('Cache-Control', 'no-cache, no-store, must-revalidate')
    .header('Content-Type', 'application/json')
    .send(Buffer.from(JSON.stringify({ status, details })));
}
