import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningService, startService } from '../service/service.js';
import { callersFile } from './callers.js';

/** Starts a service in this process that accepts the tokens of `CALLERS`. */
export async function startLogService(settings: Readonly<Record<string, string>>): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'callers-'));
  const file = join(folder, 'tokens.json');
  await writeFile(file, callersFile());
  try {
    return await startService({ TOKENS_FILE: file, ...settings });
  } finally {
    await rm(folder, { recursive: true });
  }
}
