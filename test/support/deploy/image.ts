import { execFileSync, spawn } from 'node:child_process';
import { DockerfileParser, type JSONInstruction } from 'dockerfile-ast';
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { readProjectFile } from './manifests.js';
import { builtService } from '../process/build.js';
import { type Environment, ServiceProcess } from '../process/process.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The id of the user and group that run the container. Neither has rights on this machine. */
const IMAGE_USER_ID = 10001;

/**
 * A folder with the files of the container image (the last stage of the Dockerfile), for tests without a container
 * engine. The user that runs the service can write only to `/data`.
 */
export class Image {
  private constructor(
    private readonly place: string,
    private readonly started: ServiceProcess[] = [],
  ) {}

  static async assemble(): Promise<Image> {
    const place = await mkdtemp(join(tmpdir(), 'image-'));
    const image = new Image(place);
    mkdirSync(image.data);
    mkdirSync(image.app);
    symlinkSync(image.data, join(image.app, 'data'));
    const dist = dirname(await builtService());
    for (const [sources, target, stage] of copies()) {
      for (const source of sources) image.copy(source, target, stage, dist);
    }
    chmodSync(place, 0o755);
    if (process.getuid?.() === 0) chownSync(image.data, IMAGE_USER_ID, IMAGE_USER_ID);
    return image;
  }

  /** The folder in which the programs of the image run. */
  get app(): string {
    return join(this.place, 'app');
  }

  get data(): string {
    return join(this.place, 'data');
  }

  /** Runs a program of the image. If the tests run as root, the user of the image runs the program. */
  start(program: string, environment: Environment, ...options: readonly string[]): ServiceProcess {
    const words = [process.execPath, program, ...options];
    const asImageUser = [
      'setpriv',
      `--reuid=${IMAGE_USER_ID}`,
      `--regid=${IMAGE_USER_ID}`,
      '--clear-groups',
      '--no-new-privs',
    ];
    const [command = '', ...rest] = process.getuid?.() === 0 ? [...asImageUser, ...words] : words;
    const child = spawn(command, rest, {
      cwd: this.app,
      env: { PATH: process.env['PATH'] ?? '', TMPDIR: '/nonexistent', HOME: '/nonexistent', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const service = new ServiceProcess(child);
    this.started.push(service);
    return service;
  }

  async remove(): Promise<void> {
    for (const service of this.started) await service.kill();
    await rm(this.place, { recursive: true, force: true });
  }

  private copy(source: string, target: string, stage: string | undefined, dist: string): void {
    const to = join(this.app, target, target.endsWith('/') ? (source.split('/').at(-1) ?? '') : '');
    if (stage === undefined) cpSync(join(PROJECT, source), to, { recursive: true });
    else if (stage === 'build' && source === '/app/dist') cpSync(dist, to, { recursive: true });
    else if (stage === 'build' && source === '/app/node_modules') copyPackages(to);
    else throw new Error(`unexpected COPY of ${source} from the stage ${stage}`);
  }
}

/** Returns the COPY instructions in the last stage of the Dockerfile. */
function copies(): [sources: string[], target: string, stage: string | undefined][] {
  const instructions = DockerfileParser.parse(readProjectFile('Dockerfile')).getInstructions();
  const last = instructions.findLastIndex((one) => one.getKeyword() === 'FROM');
  return instructions
    .slice(last)
    .filter((one) => one.getKeyword() === 'COPY')
    .map((one) => {
      const stage = (
        one as JSONInstruction & { getFromFlag(): { getValue(): string | null } | null }
      ).getFromFlag();
      const words = one.getArguments().map((word) => word.getValue());
      return [words.slice(0, -1), words.at(-1) ?? '', stage?.getValue() ?? undefined];
    });
}

/**
 * Copies the packages that the build stage keeps: those that the lock file marks neither `dev` nor `optional`. Then
 * runs prune.sh, as the Dockerfile does.
 */
function copyPackages(to: string): void {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>;
  };
  // In a git worktree, node_modules may be a symbolic link to the packages.
  const from = realpathSync(join(PROJECT, 'node_modules'));
  for (const [path, { dev, optional, devOptional }] of Object.entries(lock.packages)) {
    if (path === '' || dev === true || optional === true || devOptional === true) continue;
    const within = relative('node_modules', path);
    cpSync(join(from, within), join(to, within), {
      recursive: true,
      filter: (file) => !relative(join(from, within), file).split(sep).includes('node_modules'),
    });
  }
  execFileSync('sh', [join(PROJECT, 'deploy', 'docker', 'prune.sh'), to]);
}
