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

/** At the top: made of the sources, or of this place only, and so no part of the project. */
const LEFT_OUT = new Set(['node_modules', 'build', 'dist', 'data', 'coverage', '.git', '.env']);

/** The project in a temporary folder, with the packages that are installed; a test may do to it what it likes. */
export class ProjectCopy extends ServiceFolder {
  static async create(): Promise<ProjectCopy> {
    const place = await mkdtemp(join(tmpdir(), 'project-'));
    const copy = new ProjectCopy(join(place, 'project'), new Guardian(place));
    const isPart = (path: string): boolean => !LEFT_OUT.has(relative(PROJECT, path));
    await cp(PROJECT, copy.folder, { recursive: true, filter: isPart });
    await symlink(join(PROJECT, 'node_modules'), join(copy.folder, 'node_modules'));
    return copy;
  }

  /** Reads a file, by its path within the project. */
  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8');
  }

  /** Writes a file, and the folders it lies in. */
  async write(path: string, content: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  /** Each file of the project with a digest of its contents. */
  digests(): ReadonlyMap<string, string> {
    const parts = readdirSync(this.folder).filter((name) => !LEFT_OUT.has(name));
    const files = parts.flatMap((name) => filesIn(join(this.folder, name)));
    return new Map(files.map((path) => [relative(this.folder, path), digestOf(path)]));
  }

  /** Runs one of the npm scripts, as the project's users do. */
  npm(script: string, ...words: readonly string[]): Promise<Outcome> {
    return npmRun(script, words, { folder: this.folder });
  }

  /** Runs a program of one of the packages, such as `tsc`. */
  tool(name: string, ...words: readonly string[]): Promise<Outcome> {
    return run(join(this.folder, 'node_modules', '.bin', name), words, { folder: this.folder });
  }

  /** Runs test files, on the MariaDB of this test run. */
  jest(...files: readonly string[]): Promise<Outcome> {
    return this.npm('test', '--cacheDirectory', join(this.folder, '..', 'jest'), ...files);
  }

  /** Compiles the service and starts it; one at a time. */
  async launch(environment: Environment = {}): Promise<ServiceProcess> {
    // tsx would not tell Nest the types of constructors' parameters.
    const { code, out } = await this.tool('tsc', '-p', 'tsconfig.build.json', '--noCheck');
    if (code !== 0) throw new Error(out);
    return this.start([process.execPath, 'build/main.js'], environment);
  }
}

/** The file itself, or all files of a folder. */
function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesIn(join(path, name)));
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
