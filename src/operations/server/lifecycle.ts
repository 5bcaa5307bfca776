import { Module } from '@nestjs/common';

/** Whether the service is shutting down. Health checks report this before the service stops listening. */
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
