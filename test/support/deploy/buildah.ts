import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { run } from '../process/run.js';

/** Buildah with a store of its own in a folder, without an image registry and without a daemon. Needs root. */
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

  /** Runs one of its commands to the end. @returns what it printed. @throws Error when it fails */
  async run(command: string, ...words: readonly string[]): Promise<string> {
    const store = ['--root', join(this.folder, 'store'), '--runroot', join(this.folder, 'run')];
    return runOrThrow(this.program, [...store, '--storage-driver', 'vfs', command, ...words]);
  }

  /** Makes a container of an image, or of `scratch`. @returns its name, and the folder where its files are */
  async container(image: string): Promise<readonly [name: string, root: string]> {
    const name = await this.run('from', '--pull-never', image);
    return [name, await this.run('mount', name)];
  }
}

/** Runs a program to the end. @returns what it printed. @throws Error, with the last lines, when it fails */
export async function runOrThrow(program: string, words: readonly string[]): Promise<string> {
  const { code, out, err } = await run(program, words);
  if (code === 0) return out.trim();
  const last = `${out}${err}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(`${program} ${words.join(' ')} failed:\n${last}`);
}
