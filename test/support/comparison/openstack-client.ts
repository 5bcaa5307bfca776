import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { personas } from '../../conformance/cases.js';
import { debianPrograms } from '../process/debian.js';
import type { Keystone } from '../keystone/keystone.js';

const COMMAND_TIMEOUT_MS = 60_000;

/** The options of a command. */
export interface ClientOptions {
  /** A persona of the recordings. It signs in with a password, in the scope in which it has roles. */
  readonly persona: string;
  /** A token that replaces the password. Keystone issues another token for the same scope. */
  readonly token?: string;
  /** The value of `--os-compute-api-version`. If absent, the client uses its default, 2.1. */
  readonly microversion?: string;
}

/** The exit code and the output of a command. */
export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's `openstack` command, with one Keystone. */
export class OpenStackClient {
  private constructor(
    private readonly program: string,
    private readonly keystone: Keystone,
  ) {}

  /** Finds the client. @throws as `debianPrograms` */
  static async create(keystone: Keystone): Promise<OpenStackClient> {
    const programs = await debianPrograms('openstackclient');
    return new OpenStackClient(programs.openstack, keystone);
  }

  /** Runs a command, for example `['server', 'event', 'list', id]`. Does not throw if the command fails. */
  async run(args: readonly string[], options: ClientOptions): Promise<ClientResult> {
    const { microversion } = options;
    const version = microversion === undefined ? [] : ['--os-compute-api-version', microversion];
    const client = spawn(this.program, [...version, ...args], {
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

  /** Returns the whole environment of the client, without the user's clouds.yaml and PATH. */
  private environment({ persona: name, token }: ClientOptions): Record<string, string> {
    const persona = personas[name];
    if (!persona) throw new Error(`there is no persona ${name}`);
    return {
      PATH: '/usr/bin:/bin',
      // There is no clouds.yaml in this folder.
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
