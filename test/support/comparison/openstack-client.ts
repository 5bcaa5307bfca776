import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { personas } from '../../conformance/cases.js';
import { debianPrograms } from '../process/debian.js';
import type { Keystone } from '../keystone/keystone.js';

const ENDS_WITHIN_MS = 60_000;

/** Who runs a command, and how. */
export interface ClientOptions {
  /** Of the recordings: signs in with a password, to where the persona's roles are. */
  readonly persona: string;
  /** In place of the password; Keystone then gives another one for the same scope. */
  readonly token?: string;
  /** `--os-compute-api-version`; the client's own default, 2.1, if absent. */
  readonly microversion?: string;
}

/** What became of a command. */
export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's `openstack`, against one Keystone. */
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

  /** Runs a command: `['server', 'event', 'list', id]`. It may fail; what it says is in the result. */
  async run(words: readonly string[], options: ClientOptions): Promise<ClientResult> {
    const { microversion } = options;
    const version = microversion === undefined ? [] : ['--os-compute-api-version', microversion];
    const client = spawn(this.program, [...version, ...words], {
      cwd: '/',
      env: this.environment(options),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: ENDS_WITHIN_MS,
    });
    const [stdout, stderr] = await Promise.all([
      text(client.stdout),
      text(client.stderr),
      once(client, 'close'),
    ]);
    return { code: client.exitCode, stdout, stderr };
  }

  /** Nothing of the tests' own: neither a cloud of the person who runs them, nor another Python on the PATH. */
  private environment({ persona: name, token }: ClientOptions): Record<string, string> {
    const persona = personas[name];
    if (!persona) throw new Error(`there is no persona ${name}`);
    return {
      PATH: '/usr/bin:/bin',
      // Has no configuration of clouds in it.
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
