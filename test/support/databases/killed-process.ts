import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import type { DataSource } from 'typeorm';
import { until } from '../time/until.js';

const SCRIPT = new URL('writing-process.ts', import.meta.url).pathname;

let bundle: Promise<string> | undefined;

/** Returns the code of the process as one file. Tests start the process many times, and one file starts twice as fast. */
async function code(): Promise<string> {
  const { outputFiles } = await build({
    ...{ entryPoints: [SCRIPT], bundle: true, write: false, platform: 'node', format: 'esm' },
    packages: 'external',
  });
  return outputFiles[0]?.text ?? '';
}

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
  const text = await (bundle ??= code());
  const output = await new Promise<string>((resolve) => {
    const options = { env: { ...process.env, NODE_OPTIONS: '' } };
    const all = ['--input-type=module', '-', storeUrl, ...words];
    const child = execFile(process.execPath, all, options, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`.trim());
    });
    child.stdin?.end(text);
  });
  if (source.options.type !== 'better-sqlite3') {
    await until(async () => {
      const others =
        'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()';
      return (await source.query<unknown[]>(others)).length === 0;
    }, 'the database has closed the connections of the process');
  }
  return output;
}
