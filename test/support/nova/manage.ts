import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPrograms } from '../process/debian.js';

/** The database URLs in nova.conf, in the format of SQLAlchemy: `mysql+pymysql://…`. */
export interface NovaConfiguration {
  readonly apiDatabase: string;
  readonly database: string;
}

/**
 * Runs Debian's `nova-manage` as an operator does.
 *
 * @param exitCode the exit code of success; for `db archive_deleted_rows`, 1 means that it archived rows
 * @returns the standard output
 */
export async function novaManage(
  configuration: NovaConfiguration,
  args: readonly string[],
  exitCode = 0,
): Promise<string> {
  const program = await novaManageProgram();
  return withConfiguration(configuration, (options) => run(program, [...options, ...args], exitCode));
}

/**
 * Runs a Python script that uses Nova's libraries. The arguments of the script are the options that name Nova's
 * configuration, and then `args`.
 *
 * @returns the standard output
 */
export async function novaPython(
  configuration: NovaConfiguration,
  script: string,
  args: readonly string[],
): Promise<string> {
  await novaManageProgram();
  return withConfiguration(configuration, (options) =>
    run('/usr/bin/python3', ['-c', script, ...options, ...args]),
  );
}

async function novaManageProgram(): Promise<string> {
  const programs = await debianPrograms('Nova');
  return programs['nova-manage'];
}

async function withConfiguration<Result>(
  { apiDatabase, database }: NovaConfiguration,
  work: (options: readonly string[]) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'nova-manage-'));
  const file = join(folder, 'nova.conf');
  // A `$` in a URL is doubled, because oslo.config reads `$name` as a reference to another setting.
  const [api, main] = [apiDatabase, database].map((url) => url.replaceAll('$', '$$$$'));
  try {
    await writeFile(file, `[api_database]\nconnection = ${api}\n[database]\nconnection = ${main}\n`, {
      mode: 0o600,
    });
    // If both options are given, Nova does not read the files in /etc/nova.
    return await work(['--config-file', file, '--config-dir', folder]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(program: string, args: readonly string[], exitCode = 0): Promise<string> {
  // These are all variables of the process. With the PATH of the tests, another Python than Debian's might run.
  const running = promisify(execFile)(program, args, {
    env: { PATH: '/usr/bin:/bin', HOME: tmpdir() },
    timeout: 120_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  const { stdout, code } = await running.then(
    (output) => ({ ...output, code: 0 }),
    (error: unknown) => {
      if ((error as { code?: unknown }).code === exitCode) return error as { stdout: string; code: number };
      throw error;
    },
  );
  if (code !== exitCode) throw new Error(`${program} exited with ${code} instead of ${exitCode}: ${stdout}`);
  return stdout;
}
