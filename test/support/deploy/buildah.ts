import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { run } from '../process/run.js';

/**
 * The program Buildah, which stores its images in a temporary folder. It uses no image registry and no daemon, but
 * needs root.
 */
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

  /** Runs a command of Buildah. @returns the standard output @throws Error if the command fails */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const store = ['--root', join(this.folder, 'store'), '--runroot', join(this.folder, 'run')];
    return runOrThrow(this.program, [...store, '--storage-driver', 'vfs', command, ...args]);
  }

  /**
   * Creates a container from an image, or an empty one from `scratch`.
   *
   * @returns the name of the container, and the folder with its files
   */
  async container(image: string): Promise<readonly [name: string, root: string]> {
    const name = await this.run('from', '--pull-never', image);
    return [name, await this.run('mount', name)];
  }
}

/**
 * Runs a program.
 *
 * @returns the standard output
 * @throws Error with the last 30 lines of the output if the program fails
 */
export async function runOrThrow(program: string, args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(program, args);
  if (code === 0) return out.trim();
  const last = `${out}${err}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(`${program} ${args.join(' ')} failed:\n${last}`);
}
