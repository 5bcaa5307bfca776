import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Suite, type Tool, TOOLS, type ToolName } from './tools.js';

const run = promisify(execFile);

/** The path of each program of a tool. */
type Paths<Name extends ToolName> = Readonly<Record<(typeof TOOLS)[Name]['programs'][number], string>>;

/** Folders in which Debian installs programs. The PATH of an ordinary user does not contain all of them. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin'];

/** Returns true if the tests may install packages. The user allows it with TEST_INSTALL=yes. */
export function mayInstall(): boolean {
  return process.env.TEST_INSTALL === 'yes';
}

/**
 * Finds the programs of a tool. If one is missing and TEST_INSTALL is `yes`, installs the tool.
 *
 * @throws Error in one line that names the missing tool; so a missing tool makes tests fail, and they are not skipped
 */
export async function debianPrograms<Name extends ToolName>(name: Name): Promise<Paths<Name>> {
  await provideTools({ [name]: TOOLS[name] });
  const paths = await Promise.all(
    TOOLS[name].programs.map(async (program) => [program, await which(program)]),
  );
  return Object.fromEntries(paths) as Paths<Name>;
}

/**
 * Finds or installs all tools of a suite at once, before its first test.
 *
 * @public because jest-global-setup.ts imports this function dynamically
 * @throws as `debianPrograms`
 */
export async function provideToolsOf(suite: Suite): Promise<void> {
  const tools = Object.entries<Tool>(TOOLS).filter(([, { suites }]) => suites.includes(suite));
  await provideTools(Object.fromEntries(tools));
}

/** Finds or installs tools. @param tools the tools by name @throws as `debianPrograms` */
export async function provideTools(tools: Readonly<Record<string, Tool>>): Promise<void> {
  const missing = await missingOf(tools);
  const packages = [...new Set(Object.values(missing).flatMap((tool) => tool.packages))];
  if (packages.length === 0) return;
  const missingTools = `missing: ${Object.keys(missing).join(', ')}; install Debian's ${packages.join(' ')}`;
  if (!mayInstall()) throw new Error(`${missingTools}, or set TEST_INSTALL=yes to have the tests install it`);
  const elevated = await elevation();
  if (!elevated) throw new Error(`${missingTools}, or run the tests as root or with sudo without a password`);
  process.stderr.write(`TEST_INSTALL=yes: installing Debian's ${packages.join(' ')}\n`);
  const failure = await install(elevated, packages);
  const still = Object.keys(await missingOf(missing));
  if (still.length > 0) throw new Error(`${missingTools}; apt-get reported: ${failure ?? 'nothing'}`);
}

async function missingOf(tools: Readonly<Record<string, Tool>>): Promise<Record<string, Tool>> {
  const missing: Record<string, Tool> = {};
  for (const [name, tool] of Object.entries(tools)) {
    const paths = await Promise.all(tool.programs.map(which));
    if (paths.includes(undefined)) missing[name] = tool;
  }
  return missing;
}

async function which(program: string): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...folders, ...EXTRA_FOLDERS]) {
    const path = join(folder, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // The program is not in this folder, so the loop tries the next one.
    }
  }
  return undefined;
}

/**
 * Returns the start of a command line that runs a command as root; undefined if this process may not run commands as
 * root.
 */
async function elevation(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  try {
    await run('sudo', ['-n', 'true'], { env: process.env });
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

async function install(
  elevated: readonly string[],
  packages: readonly string[],
): Promise<string | undefined> {
  const installing = ['install', '-y', '--no-install-recommends', ...packages];
  const first = await apt(elevated, installing);
  if (first === undefined) return undefined;
  // The lists of packages may be missing or outdated. So this code updates the lists and tries to install the packages
  // again.
  const updated = await apt(elevated, ['update']);
  const second = await apt(elevated, installing);
  return second === undefined ? undefined : (updated ?? second);
}

/** Runs apt-get. @returns the error in one line; undefined if apt-get succeeded */
async function apt(elevated: readonly string[], args: readonly string[]): Promise<string | undefined> {
  // sudo removes most variables, so `env` sets this one after sudo. With the timeout, apt-get waits until another
  // installation has finished.
  const command = [
    ...elevated,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...args,
  ];
  try {
    await run(command[0] ?? '', command.slice(1), { env: process.env, maxBuffer: 64 * 1024 * 1024 });
    return undefined;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return (stderr.trim() || String(error)).split('\n').slice(-3).join(' | ');
  }
}
