import { type DynamicModule, Module } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../../config/settings.js';
import { Admission } from '../../nova/pipeline/admission.js';
import { AdmissionByLimits } from './admission-by-limits.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { RateLimit } from './rate-limit.js';

/** What stands between the service and whoever asks too much of it. */
@Module({})
export class ProtectionModule {
  /** Answers nothing by itself: what it refuses is refused where the kit asks for its `Admission`. */
  static async register(fastify: FastifyInstance, settings: Settings): Promise<DynamicModule> {
    const loop = new EventLoopDelay();
    // The start holds the loop up, and refuses nobody.
    fastify.server.once('listening', () => {
      loop.start();
    });
    fastify.addHook('onClose', (_fastify, done) => {
      loop.stop();
      done();
    });
    const rateLimit = await RateLimit.register(fastify, settings);
    const admission = new AdmissionByLimits(settings, loop, rateLimit);
    return {
      module: ProtectionModule,
      // The kit uses its `Admission` and may not import it.
      global: true,
      providers: [{ provide: Admission, useValue: admission }],
      exports: [Admission],
    };
  }
}
