import { expect } from '@jest/globals';
import { personas } from '../../conformance/cases.js';
import type { FakeKeystone } from '../../support/keystone/fake.js';
import { personaTokens, personaTokensFile } from '../../support/service/service.js';
import type { Environment, ServiceProcess } from '../../support/process/process.js';
import { WorkingFolder } from '../../support/process/working-folder.js';

/** The service in a separate process. It accepts the tokens of the users of the recorded requests. */
export class FaultedService {
  private constructor(
    readonly workplace: WorkingFolder,
    private readonly launch: () => ServiceProcess,
    /** The process that runs now. */
    public process: ServiceProcess,
    readonly url: string,
  ) {}

  /**
   * Starts the service.
   *
   * @param before the start of the command line, such as a command that sets limits
   * @param files files to create in the working folder: name → content
   */
  static async start(
    environment: Environment,
    before: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): Promise<FaultedService> {
    const workplace = await WorkingFolder.create();
    for (const [name, content] of Object.entries(files)) await workplace.file(name, content);
    const TOKENS_FILE = await workplace.file('tokens.json', personaTokensFile());
    const launch = () =>
      workplace.launch({ TOKENS_FILE, LOG_LEVEL: 'error', ...environment }, { commandPrefix: before });
    const process = launch();
    try {
      return new FaultedService(workplace, launch, process, await process.url());
    } catch (error) {
      await workplace.remove();
      throw error;
    }
  }

  /** Starts a new process. The previous one must have exited. */
  async restart(): Promise<void> {
    this.process = this.launch();
    await this.process.url();
  }

  /** Fails if the process has exited, or if its output contains an unhandled error. */
  expectHealthy(): void {
    expect(this.process.isRunning).toBe(true);
    // Node prints one of these words before it exits because of an unhandled error.
    expect(this.process.output).not.toMatch(/unhandled|uncaught/i);
  }

  remove(): Promise<void> {
    return this.workplace.remove();
  }
}

/**
 * Starts a Keystone that accepts the tokens of the users of the recorded requests.
 *
 * @returns the settings with which the service uses this Keystone
 */
export async function startKeystoneWithPersonas(keystone: FakeKeystone): Promise<Environment> {
  for (const [name, { user_id: userId, project_id: id, system, roles }] of Object.entries(personas)) {
    const domain = { id: 'default', name: 'Default' };
    const scope = system === undefined ? { project: { id, name: id, domain } } : { system: { all: true } };
    keystone.tokens.set(personaTokens[name] ?? '', { userId, roles, scope });
  }
  return {
    TOKENS_FILE: '',
    OS_AUTH_URL: await keystone.start(),
    OS_USERNAME: 'nova',
    OS_PASSWORD: keystone.password,
    OS_PROJECT_NAME: 'service',
  };
}
