import { type DynamicModule, Module } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../../config/settings.js';
import { Admission } from '../../nova/pipeline/admission.hook.js';
import { AdmissionByLimits } from './admission-by-limits.js';
import { EventLoopDelay } from './event-loop-delay.js';
import { RateLimit } from './rate-limit.js';

/** Provides the admission control, which applies the limits of the settings. */
@Module({})
export class ProtectionModule {
  /** Returns the module, which provides the `Admission` that the hooks use. */
  static register(fastify: FastifyInstance, settings: Settings): DynamicModule {
    const loop = new EventLoopDelay();
    // The measurement begins after the startup. The startup blocks the event loop, so otherwise the first requests
    // would get 503.
    fastify.server.once('listening', () => {
      loop.start();
    });
    fastify.addHook('onClose', (_fastify, done) => {
      loop.stop();
      done();
    });
    const rateLimit = RateLimit.fromSettings(fastify, settings);
    const admission = new AdmissionByLimits(settings, loop, rateLimit);
    return {
      module: ProtectionModule,
      providers: [{ provide: Admission, useValue: admission }],
    };
  }
}
