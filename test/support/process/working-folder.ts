import { mkdirSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { builtService } from './build.js';
import { Guardian } from './guardian.js';
import type { Environment, ServiceProcess } from './process.js';
import { ServiceFolder } from './service-folder.js';

/** The path of the file with demo tokens, which is part of the project. */
export const DEMO_TOKENS = join(import.meta.dirname, '..', '..', '..', 'config', 'demo-tokens.json');

/** An empty folder in which the built service runs. There the service reads and writes `data/` and reads `.env`. */
export class WorkingFolder extends ServiceFolder {
  private constructor(
    place: string,
    private readonly main: string,
  ) {
    super(join(place, 'folder'), new Guardian(place));
    mkdirSync(this.folder);
  }

  static async create(): Promise<WorkingFolder> {
    const main = await builtService();
    return new WorkingFolder(await mkdtemp(join(tmpdir(), 'workplace-')), main);
  }

  /**
   * Starts the service.
   *
   * @param commandPrefix a command that runs the service, such as `nsenter` with its arguments
   * @param program a file in `dist/`, or the path of a program of another build
   * @param options the arguments of the program
   */
  launch(
    environment: Environment = {},
    {
      commandPrefix = [],
      program = 'main.js',
      options = [],
    }: { commandPrefix?: readonly string[]; program?: string; options?: readonly string[] } = {},
  ): ServiceProcess {
    const path = resolve(dirname(this.main), program);
    const command = [...commandPrefix, process.execPath, path, ...options];
    return this.start(command, { ...demoTokensFor(environment), ...environment });
  }

  /** Writes a file in the folder. @returns the path of the file */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }
}

/**
 * Returns the setting TOKENS_FILE with the demo tokens for a service on MariaDB. A service on SQLite uses the demo
 * tokens by default.
 */
function demoTokensFor({ DATABASE_URL = '' }: Environment): Environment {
  return DATABASE_URL.startsWith('mysql:') ? { TOKENS_FILE: DEMO_TOKENS } : {};
}
