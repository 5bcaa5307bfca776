import { spawn } from 'node:child_process';
import { DockerfileParser } from 'dockerfile-ast';
import { chmodSync, chownSync, mkdtempSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CA_FILE, makeBaseImages } from './base-images.js';
import { Buildah, runOrThrow } from './buildah.js';
import { Guardian } from '../process/guardian.js';
import { readProjectFile } from './manifests.js';
import { childrenOf, type Environment, ServiceProcess } from '../process/process.js';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The configuration of an image, in the format of Docker. */
export interface ImageConfig {
  readonly Env: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** The options for running a container. */
interface RunOptions {
  readonly environment: Environment;
  /** The user and the group, as numbers: `user:group`. By default those of the image's `USER`. */
  readonly user?: string;
  /** The arguments to run instead of the image's `CMD`. */
  readonly command?: readonly string[];
  /**
   * A command that runs the container, such as `nsenter` with its arguments. By default the container runs directly.
   */
  readonly commandPrefix?: readonly string[];
}

/**
 * A shell script that mounts the container's file system read-only, mounts the volume at `/data`, and runs a command in
 * the container.
 */
const ENTER = `
root=$1 volume=$2
shift 2
mount --bind "$root" "$root"
mount --bind "$volume" "$root/data"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot "$@"
`;

/** The container image, built from the Dockerfile of the project. */
export class BuiltImage {
  private readonly started: ServiceProcess[] = [];

  private constructor(
    private readonly guardian: Guardian,
    private readonly folder: string,
    readonly root: string,
    readonly config: ImageConfig,
  ) {}

  static async build(buildArguments: Environment): Promise<BuiltImage> {
    if (process.getuid?.() !== 0) throw new Error('building and running the image needs root');
    const folder = await mkdtemp(join(tmpdir(), 'built-image-'));
    const guardian = new Guardian(folder);
    const buildah = await Buildah.create(folder);
    const bases = DockerfileParser.parse(readProjectFile('Dockerfile')).getFROMs();
    await makeBaseImages(
      buildah,
      bases.map((from) => from.getImage() ?? ''),
    );
    const given = Object.entries(buildArguments).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ]);
    const volumes = [`--volume=${await runOrThrow('npm', ['config', 'get', 'cache'])}:/root/.npm`];
    const authorities = process.env['NODE_EXTRA_CA_CERTS'];
    if (authorities) volumes.push(`--volume=${authorities}:${CA_FILE}:ro`);
    const buildOptions = ['--isolation=chroot', '--pull-never', '--format=docker', ...volumes];
    await buildah.run('bud', ...buildOptions, ...given, '--tag=built', PROJECT);
    const inspected = await buildah.run('inspect', '--type=image', 'built');
    const { Docker } = JSON.parse(inspected) as { Docker: { config: ImageConfig } };
    const [, root] = await buildah.container('built');
    return new BuiltImage(guardian, folder, root, Docker.config);
  }

  /**
   * Runs a container with the same restrictions as under a container engine. Its process has the id 1 and no
   * capabilities. The files of the image are read-only. `/data` is an empty volume, with the same owner as the folder
   * `/data` in the image. The container uses the network of this machine.
   */
  start({
    environment,
    user = this.config.User,
    command = this.config.Cmd,
    commandPrefix = [],
  }: RunOptions): ServiceProcess {
    const variables = [...this.config.Env, ...Object.entries(environment).map((one) => one.join('='))];
    const inside = ['env', '-i', `--chdir=${this.config.WorkingDir}`, ...variables];
    const unshareArgs = ['--kill-child', '--fork', '--pid', '--mount', 'sh', '-euc', ENTER, 'enter'];
    const chroot = [`--userspec=${user}`, '--groups=', this.root, ...inside];
    const all = [...commandPrefix, 'unshare', ...unshareArgs, this.root, this.volume(), ...chroot];
    const [program = '', ...rest] = [...all, ...this.config.Entrypoint, ...command];
    const service = new ServiceProcess(spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.started.push(service);
    return service;
  }

  /** Runs the health check of the image in a container. @returns the exit code */
  async healthExitCode(environment: Environment): Promise<unknown> {
    const [kind, node, ...command] = this.config.Healthcheck.Test;
    if (kind !== 'CMD' || node !== this.config.Entrypoint[0])
      throw new Error(`unexpected health check: ${kind} ${node}`);
    return this.start({ environment, command }).exited();
  }

  async remove(): Promise<void> {
    for (const service of this.started) await service.kill();
    await this.guardian.end();
  }

  private volume(): string {
    const folder = mkdtempSync(join(this.folder, 'volume-'));
    const { uid, gid, mode } = statSync(join(this.root, 'data'));
    chownSync(folder, uid, gid);
    chmodSync(folder, mode);
    return folder;
  }
}

/** Sends a signal to the first process in a container. */
export function signalContainer(service: ServiceProcess, name: NodeJS.Signals): void {
  for (const pid of childrenOf(service.pid)) process.kill(pid, name);
}
