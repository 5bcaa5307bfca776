import { spawn } from 'node:child_process';
import type { Guardian } from './guardian.js';
import { LONG_TIMEOUTS } from '../time/timeouts.js';
import { type Environment, ServiceProcess } from './process.js';

/** A folder in which the service runs. When the test run ends, the service is killed and the folder removed. */
export abstract class ServiceFolder {
  private readonly services: ServiceProcess[] = [];

  protected constructor(
    readonly folder: string,
    private readonly guardian: Guardian,
  ) {}

  /** Starts the service. The array contains the program and its arguments. */
  protected start([program = '', ...args]: readonly string[], environment: Environment): ServiceProcess {
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { PORT: '0', ...LONG_TIMEOUTS, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) this.guardian.watch(child.pid);
    child.once('exit', () => {
      this.guardian.forget();
    });
    const service = new ServiceProcess(child);
    this.services.push(service);
    return service;
  }

  /** Kills all services in the folder, and removes the folder. */
  async remove(): Promise<void> {
    for (const service of this.services) await service.kill();
    await this.guardian.end();
  }
}
