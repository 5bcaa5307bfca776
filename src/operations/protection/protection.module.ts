import { type DynamicModule, Module } from '@nestjs/common';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../../config/settings.js';
import { Admission } from '../../nova/http/admission.js';
import { AdmissionByLimits } from './admission-by-limits.js';
import { RateLimit } from './rate-limit.js';

/** What stands between the service and whoever asks too much of it. */
@Module({})
export class ProtectionModule {
  /** Answers nothing by itself: what it refuses is refused where the kit asks for its `Admission`. */
  static async on(fastify: FastifyInstance, settings: Settings): Promise<DynamicModule> {
    await fastify.register(underPressure, {
      maxEventLoopDelay: settings.MAX_EVENT_LOOP_DELAY,
      // Who is refused for it is decided further on; this would be everybody.
      pressureHandler: () => undefined,
    });
    const rateLimit = await RateLimit.register(fastify, settings);
    const admission = new AdmissionByLimits(settings, () => fastify.isUnderPressure(), rateLimit);
    return {
      module: ProtectionModule,
      global: true,
      providers: [{ provide: Admission, useValue: admission }],
      exports: [Admission],
    };
  }
}
