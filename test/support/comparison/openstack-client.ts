import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { personas } from '../../conformance/cases.js';
import { debianPrograms } from '../process/debian.js';
import type { Keystone } from '../keystone/keystone.js';

const COMMAND_TIMEOUT_MS = 60_000;

/** The caller of a command, and the microversion. */
export interface ClientOptions {
  /**
   * The user that runs the command: a user of the recorded requests. The client signs in with the user's password, for
   * the project or system in which the user has roles.
   */
  readonly persona: string;
  /** A token to use instead of the password. The client exchanges it for another token with the same scope. */
  readonly token?: string;
  /** The value of `--os-compute-api-version`. Without it, the client uses 2.1. */
  readonly microversion?: string;
  /** The client: `openstack` by default, or the older `nova`. */
  readonly program?: 'openstack' | 'nova';
}

/** The exit code and the output of a command. */
export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's commands `openstack` and `nova`, which sign in to one Keystone. */
export class OpenStackClient {
  private constructor(
    private readonly programs: Readonly<Record<'openstack' | 'nova', string>>,
    private readonly keystone: Keystone,
  ) {}

  /** Finds the programs, or installs them. @throws as `debianPrograms` */
  static async create(keystone: Keystone): Promise<OpenStackClient> {
    return new OpenStackClient(await debianPrograms('openstackclient'), keystone);
  }

  /**
   * Runs a command, for example `['server', 'event', 'list', id]`. If the command fails, `run` returns its exit code
   * and does not throw.
   */
  async run(args: readonly string[], options: ClientOptions): Promise<ClientResult> {
    const { microversion, program = 'openstack' } = options;
    const version = microversion === undefined ? [] : ['--os-compute-api-version', microversion];
    const client = spawn(this.programs[program], [...version, ...args], {
      cwd: '/',
      env: this.environment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
    });
    const [stdout, stderr] = await Promise.all([
      text(client.stdout),
      text(client.stderr),
      once(client, 'close'),
    ]);
    return { code: client.exitCode, stdout, stderr };
  }

  /**
   * Returns all environment variables of the command. It inherits neither PATH nor the clouds.yaml of the user who runs
   * the tests.
   */
  private environment({ persona: name, token }: ClientOptions): Record<string, string> {
    const persona = personas[name];
    if (!persona) throw new Error(`there is no persona ${name}`);
    return {
      PATH: '/usr/bin:/bin',
      // The client searches for clouds.yaml here, and this folder contains none.
      HOME: tmpdir(),
      LC_ALL: 'C.UTF-8',
      COLUMNS: '400',
      OS_AUTH_URL: this.keystone.url,
      OS_IDENTITY_API_VERSION: '3',
      ...(token === undefined
        ? {
            OS_AUTH_TYPE: 'v3password',
            OS_USER_ID: persona.user_id,
            OS_PASSWORD: this.keystone.service.password,
          }
        : { OS_AUTH_TYPE: 'v3token', OS_TOKEN: token }),
      ...(persona.project_id === null ? { OS_SYSTEM_SCOPE: 'all' } : { OS_PROJECT_ID: persona.project_id }),
    };
  }
}
