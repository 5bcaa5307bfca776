import { Module } from '@nestjs/common';

/**
 * The state of the service: running or shutting down. Health checks report a shutdown before the service stops
 * listening.
 */
export class Lifecycle {
  private stopping = false;

  get isStopping(): boolean {
    return this.stopping;
  }

  stop(): void {
    this.stopping = true;
  }
}

@Module({ providers: [Lifecycle], exports: [Lifecycle] })
export class LifecycleModule {}
