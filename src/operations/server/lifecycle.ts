import { Module } from '@nestjs/common';

/**
 * The state of the service: running or shutting down. During a shutdown, health checks already report it while the
 * service still accepts requests.
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
