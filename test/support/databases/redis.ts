import { Redis } from 'ioredis';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { GuardedProcess } from '../process/guarded-process.js';
import { Guardian } from '../process/guardian.js';
import { reservePort } from '../http/port.js';

/** A Redis process on a loopback port. It does not store its data on disk. */
export class RedisProcess extends GuardedProcess {
  private constructor(
    private readonly program: string,
    private readonly port: number,
    folder: string,
  ) {
    super('Redis', folder, new Guardian(folder));
  }

  static async create(): Promise<RedisProcess> {
    const programs = await debianPrograms('Redis');
    const reserved = await reservePort();
    await reserved.release();
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const made = new RedisProcess(programs['redis-server'], reserved.port, folder);
    await made.start();
    return made;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts Redis. After `kill`, it starts on the same port but without the previous data. */
  async start(): Promise<void> {
    const log = join(this.folder, 'redis.log');
    const words = ['--bind', '127.0.0.1', '--port', String(this.port), '--save', '', '--appendonly', 'no'];
    const runs = this.launch({ program: this.program, args: words, log });
    await this.waitUntilReady(runs, log, async () => {
      const client = new Redis(this.url, { lazyConnect: true, retryStrategy: null });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    });
  }
}
