import { mkdirSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { builtService } from './build.js';
import { Guardian } from './guardian.js';
import type { Environment, ServiceProcess } from './process.js';
import { ServiceFolder } from './service-folder.js';

/** The tokens that are shipped. */
export const DEMO_TOKENS = join(import.meta.dirname, '..', '..', '..', 'config', 'demo-tokens.json');

/** An empty folder, where the service looks for `data/` and `.env`. It runs here as `npm start` runs it. */
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
   * @param before words to put before the command, such as `nsenter` and its
   * @param program of those in `dist/`, or the path of another build's
   * @param options of the program
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

  /** Puts a file here. @returns its path */
  async file(name: string, content: string): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }
}

/** The demo tokens are the default on the embedded store alone; elsewhere they must be asked for. */
function demoTokensFor({ DATABASE_URL = '' }: Environment): Environment {
  return DATABASE_URL.startsWith('mysql:') ? { TOKENS_FILE: DEMO_TOKENS } : {};
}
