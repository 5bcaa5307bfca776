import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPrograms } from './debian.js';
import { Guardian } from './guardian.js';
import { run } from './run.js';

/**
 * A Linux namespace for the network or for mounts, which needs root. A helper process holds the namespace. When the
 * test run ends, a guardian kills this process, and the kernel removes the namespace.
 */
export class Namespace {
  private constructor(
    private readonly guardian: Guardian,
    private readonly kind: 'net' | 'mount',
    private readonly pid: number,
  ) {}

  static async create(kind: 'net' | 'mount'): Promise<Namespace> {
    const guardian = new Guardian(await mkdtemp(join(tmpdir(), 'namespace-')));
    const holder = spawn('unshare', [`--${kind}`, '--', 'sh', '-c', 'echo ready; exec sleep infinity'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (holder.pid === undefined) throw new Error('unshare is missing on this machine: install util-linux');
    guardian.watch(holder.pid);
    const [ready] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])) as [unknown];
    if (!Buffer.isBuffer(ready)) {
      await guardian.end();
      throw new Error(`cannot create a ${kind} namespace: these tests need root`);
    }
    holder.unref();
    holder.stdout.destroy();
    return new Namespace(guardian, kind, holder.pid);
  }

  /**
   * Returns the start of a command line that runs another command in the namespace.
   *
   * @param folder the working folder of the command
   */
  commandPrefix(folder = '/'): string[] {
    return ['nsenter', `--target=${this.pid}`, `--${this.kind}`, `--wdns=${folder}`, '--'];
  }

  /** Returns the path, outside the namespace, of a file in the namespace. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  /** Runs a command in the namespace. @throws Error if the command fails */
  async run(...command: string[]): Promise<void> {
    const [program = '', ...args] = [...this.commandPrefix(), ...command];
    const { code, err } = await run(program, args);
    if (code !== 0) throw new Error(`${command.join(' ')} failed: ${err}`);
  }

  /**
   * Connects the namespace with the network of this machine by a pair of virtual network devices: one in the namespace,
   * one outside.
   */
  async connect(outside: Address, inside: Address): Promise<void> {
    await debianPrograms('iproute2');
    const pair = [outside.device, 'type', 'veth', 'peer', 'name', inside.device, 'netns', String(this.pid)];
    for (const args of [
      ['link', 'add', ...pair],
      ['addr', 'add', `${outside.address}/30`, 'dev', outside.device],
      ['link', 'set', outside.device, 'up'],
    ]) {
      const { code, err } = await run('ip', args);
      if (code !== 0) throw new Error(`ip ${args.join(' ')} failed: ${err}`);
    }
    await this.run('ip', 'link', 'set', 'lo', 'up');
    await this.run('ip', 'addr', 'add', `${inside.address}/30`, 'dev', inside.device);
    await this.run('ip', 'link', 'set', inside.device, 'up');
  }

  async end(): Promise<void> {
    await this.guardian.end();
  }
}

/** A network device with its IP address. */
interface Address {
  readonly device: string;
  readonly address: string;
}
