import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { run } from '../process/run.js';

/** Buildah with its own store in a folder, without an image registry or a daemon. Needs root. */
export class Buildah {
  private constructor(
    private readonly program: string,
    readonly folder: string,
  ) {}

  static async create(folder: string): Promise<Buildah> {
    const { buildah } = await debianPrograms('Buildah');
    mkdirSync(join(folder, 'store'));
    return new Buildah(buildah, folder);
  }

  /** Runs a command of Buildah. @returns its standard output @throws Error if it fails */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const store = ['--root', join(this.folder, 'store'), '--runroot', join(this.folder, 'run')];
    return runOrThrow(this.program, [...store, '--storage-driver', 'vfs', command, ...args]);
  }

  /** Creates a container from an image or from `scratch`. @returns its name, and the folder with its files */
  async container(image: string): Promise<readonly [name: string, root: string]> {
    const name = await this.run('from', '--pull-never', image);
    return [name, await this.run('mount', name)];
  }
}

/** Runs a program. @returns its standard output @throws Error with the last 30 lines of its output if it fails */
export async function runOrThrow(program: string, args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(program, args);
  if (code === 0) return out.trim();
  const last = `${out}${err}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(`${program} ${args.join(' ')} failed:\n${last}`);
}
