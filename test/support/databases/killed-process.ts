import { text } from 'node:stream/consumers';
import type { DataSource } from 'typeorm';
import { launchScript } from '../process/bundled-program.js';
import { until } from '../time/until.js';

const SCRIPT = new URL('writing-process.ts', import.meta.url).pathname;

/**
 * Starts `writing-process.ts`, which kills itself.
 *
 * @param source the test's own connection to the store
 * @param words the arguments of the process after the URL of the store
 * @returns the output of the process, as soon as the database has rolled back the open transaction
 */
export async function runAndKill(
  storeUrl: string,
  source: DataSource,
  words: readonly string[],
): Promise<string> {
  const { stdout, stderr } = await launchScript(SCRIPT, [storeUrl, ...words]);
  const output = (await Promise.all([text(stdout), text(stderr)])).join('').trim();
  if (source.options.type !== 'better-sqlite3') {
    await until(async () => {
      const others =
        'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()';
      return (await source.query<unknown[]>(others)).length === 0;
    }, 'the database has closed the connections of the process');
  }
  return output;
}
