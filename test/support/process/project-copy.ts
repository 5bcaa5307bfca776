import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Guardian } from './guardian.js';
import type { Environment, ServiceProcess } from './process.js';
import { npmRun, type Outcome, run } from './run.js';
import { ServiceFolder } from './service-folder.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** Files and folders that are not copied, because they are generated or belong to the user of this machine. */
const EXCLUDED = new Set(['node_modules', 'build', 'dist', 'data', 'coverage', '.git', '.env']);

/** A copy of the project in a temporary folder, with the installed packages. A test may change its files. */
export class ProjectCopy extends ServiceFolder {
  static async create(): Promise<ProjectCopy> {
    const place = await mkdtemp(join(tmpdir(), 'project-'));
    const copy = new ProjectCopy(join(place, 'project'), new Guardian(place));
    const isPart = (path: string): boolean => !EXCLUDED.has(relative(PROJECT, path));
    await cp(PROJECT, copy.folder, { recursive: true, filter: isPart });
    await symlink(join(PROJECT, 'node_modules'), join(copy.folder, 'node_modules'));
    return copy;
  }

  /** Reads a file of the copy. @param path relative to the project */
  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  /** Writes a file of the copy. Creates its folders if they do not exist. @param path relative to the project */
  async write(path: string, content: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  /** Returns the digests of all files in the copy: path → digest. */
  digests(): ReadonlyMap<string, string> {
    const parts = readdirSync(this.folder).filter((name) => !EXCLUDED.has(name));
    const files = parts.flatMap((name) => filesIn(join(this.folder, name)));
    return new Map(files.map((path) => [relative(this.folder, path), digestOf(path)]));
  }

  /** Runs an npm script, as users of the project do. */
  npm(script: string, ...args: readonly string[]): Promise<Outcome> {
    return npmRun(script, args, { folder: this.folder });
  }

  /** Runs a program of an installed package, such as `tsc`. */
  tool(name: string, ...args: readonly string[]): Promise<Outcome> {
    return run(join(this.folder, 'node_modules', '.bin', name), args, { folder: this.folder });
  }

  /** Runs test files of the copy. They use the MariaDB of this test run. */
  jest(...files: readonly string[]): Promise<Outcome> {
    return this.npm('test', '--cacheDirectory', join(this.folder, '..', 'jest'), ...files);
  }

  /** Compiles the service and starts it. Only one service of a copy may run at a time. */
  async launch(environment: Environment = {}): Promise<ServiceProcess> {
    // The service is compiled by tsc. With tsx, Nest could not read the types of constructor parameters at run time.
    const { code, out } = await this.tool('tsc', '-p', 'tsconfig.build.json', '--noCheck');
    if (code !== 0) throw new Error(out);
    return this.start([process.execPath, 'build/main.js'], environment);
  }
}

/** Returns the path if it is that of a file. For a folder, returns the paths of all files in it. */
function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
