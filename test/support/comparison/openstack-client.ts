import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { personas } from '../../conformance/cases.js';
import { reservePort } from '../http/port.js';
import type { Keystone } from '../keystone/keystone.js';
import { debianPrograms } from '../process/debian.js';
import { GuardedProcess } from '../process/guarded-process.js';
import { Guardian } from '../process/guardian.js';

const COMMAND_TIMEOUT_MS = 60_000;

/**
 * A Python script that runs each command in a fork of one process, because a new process takes a second of processor
 * time to import the modules of the clients. The script listens on a port, and each HTTP request contains a command.
 */
const SCRIPT = `
import importlib.metadata, json, os, sys, tempfile, traceback
from http.server import BaseHTTPRequestHandler
from socketserver import ForkingTCPServer
from novaclient import shell as nova
from openstackclient import shell as openstack

points = importlib.metadata.entry_points()
for group in filter(lambda name: name.startswith('openstack.'), points.groups):
    for point in points.select(group=group):
        try:
            point.load()
        except ImportError:
            pass  # The command needs a package that is not installed.

def run(command):
    os.environ.clear()
    os.environ.update(command['environment'])
    sys.argv = command['words']
    try:
        return (nova if command['program'] == 'nova' else openstack).main(sys.argv[1:]) or 0
    except SystemExit as end:
        return end.code or 0
    except Exception:
        traceback.print_exc()
        return 1

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        command = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            result = {'code': run(command)}
            sys.stdout.flush()
            sys.stderr.flush()
            for name, file in (('stdout', stdout), ('stderr', stderr)):
                file.seek(0)
                result[name] = file.read().decode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(result).encode())

ForkingTCPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
`;

/** The environment variables of all commands. */
const INHERITED = {
  PATH: '/usr/bin:/bin',
  // The client searches for clouds.yaml here, and this folder contains none.
  HOME: tmpdir(),
  LC_ALL: 'C.UTF-8',
  COLUMNS: '400',
};

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
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's commands `openstack` and `nova`, which sign in to one Keystone. */
export class OpenStackClient extends GuardedProcess {
  private constructor(
    private readonly programs: Readonly<Record<'openstack' | 'nova', string>>,
    private readonly keystone: Keystone,
    private readonly port: number,
    folder: string,
  ) {
    super('openstackclient', folder, new Guardian(folder));
  }

  /** Finds the programs, or installs them, and starts the process that runs the commands. @throws as `debianPrograms` */
  static async create(keystone: Keystone): Promise<OpenStackClient> {
    const programs = await debianPrograms('openstackclient');
    const reserved = await reservePort();
    await reserved.release();
    const folder = await mkdtemp(join(tmpdir(), 'openstackclient-'));
    const client = new OpenStackClient(programs, keystone, reserved.port, folder);
    await client.start();
    return client;
  }

  /**
   * Runs a command, for example `['server', 'event', 'list', id]`. If the command fails, `run` returns its exit code
   * and does not throw.
   */
  async run(args: readonly string[], options: ClientOptions): Promise<ClientResult> {
    const { microversion, program = 'openstack' } = options;
    const version = microversion === undefined ? [] : ['--os-compute-api-version', microversion];
    const words = [this.programs[program], ...version, ...args];
    const response = await fetch(this.url, {
      method: 'POST',
      body: JSON.stringify({ program, words, environment: this.environment(options) }),
      signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
    });
    return (await response.json()) as ClientResult;
  }

  private get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async start(): Promise<void> {
    const log = join(this.folder, 'log');
    const args = ['-c', SCRIPT, String(this.port)];
    const isRunning = this.launch({ program: '/usr/bin/python3', args, log, env: INHERITED });
    await this.waitUntilReady(isRunning, log, async () => {
      await fetch(this.url, { signal: AbortSignal.timeout(5_000) });
    });
  }

  /**
   * Returns all environment variables of the command. It inherits neither PATH nor the clouds.yaml of the user who runs
   * the tests.
   */
  private environment({ persona: name, token }: ClientOptions): Record<string, string> {
    const persona = personas[name];
    if (!persona) throw new Error(`there is no persona ${name}`);
    return {
      ...INHERITED,
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
