import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Type } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApplication } from '../../../src/application.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { personas } from '../../conformance/cases.js';
import { LONG_TIMEOUTS } from '../time/timeouts.js';

/** The service in the process of the test, on a free loopback port. */
export interface RunningService {
  readonly url: string;
  readonly application: NestFastifyApplication;
  stop(): Promise<void>;
}

/** The token of each user of the recorded requests, by the name of the user. */
export const personaTokens: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(personas).map((name) => [name, `token-of-${name}`]),
);

/** Returns the content of a tokens file with the tokens of all users of the recorded requests. */
export function personaTokensFile(): string {
  const tokens = Object.entries(personas).map(([name, persona]) => {
    const { system, ...entry } = persona;
    return [
      personaTokens[name],
      { ...entry, ...(system !== undefined && { system_scope: system }) },
    ] as const;
  });
  return JSON.stringify(Object.fromEntries(tokens));
}

/**
 * Starts the service in this process. Its log has no output. Unless the settings configure Keystone or a tokens file, the service accepts the
 * tokens in `personaTokens`.
 */
export async function startService(
  settings: Readonly<Record<string, string>>,
  modules: readonly Type[] = [],
): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'service-'));
  const tokensFile = join(folder, 'tokens.json');
  await writeFile(tokensFile, personaTokensFile());
  const loaded = loadSettings(
    {
      PORT: '0',
      LOG_LEVEL: 'fatal',
      TOKENS_FILE: tokensFile,
      POLICY_FILE: join(folder, 'no-policy.yaml'),
      POLICY_DIRS: join(folder, 'no-policy.d'),
      ...LONG_TIMEOUTS,
      ...settings,
    },
    join(folder, 'no.env'),
  );
  const log = pino({ level: loaded.LOG_LEVEL }, { write: () => undefined });
  const application = await createApplication(loaded, log, modules);
  await application.listen(0, '127.0.0.1');
  const { port } = application.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    application,
    async stop() {
      await application.close();
      await rm(folder, { recursive: true });
    },
  };
}
