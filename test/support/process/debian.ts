import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Suite, type Tool, TOOLS, type ToolName } from './tools.js';

const run = promisify(execFile);

/** The paths of a tool's programs, by program. */
type Paths<Name extends ToolName> = Readonly<Record<(typeof TOOLS)[Name]['programs'][number], string>>;

/** Folders in which Debian installs programs. Some are not on the PATH of an ordinary user. */
const EXTRA_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin'];

/** True if the tests may install packages, which the user must allow with TEST_INSTALL=yes. */
export function mayInstall(): boolean {
  return process.env.TEST_INSTALL === 'yes';
}

/**
 * Finds the programs of a tool. If one is missing, installs the tool with TEST_INSTALL=yes.
 *
 * @throws Error in one line that names the missing tool: tests are not skipped
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
 * @public jest-global-setup.ts loads it
 * @throws as `debianPrograms`
 */
export async function provideToolsOf(suite: Suite): Promise<void> {
  const tools = Object.entries<Tool>(TOOLS).filter(([, { suites }]) => suites.includes(suite));
  await provideTools(Object.fromEntries(tools));
}

/** Finds or installs tools. @param tools by name @throws as `debianPrograms` */
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
      // The program is not in this folder.
    }
  }
  return undefined;
}

/** Returns the arguments that run a command as root; undefined if that is not possible. */
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
  // The package lists may be absent or outdated: update them and try again.
  const updated = await apt(elevated, ['update']);
  const second = await apt(elevated, installing);
  return second === undefined ? undefined : (updated ?? second);
}

/** Runs apt-get. @returns the error in one line; undefined if it succeeded */
async function apt(elevated: readonly string[], args: readonly string[]): Promise<string | undefined> {
  // `env` because sudo removes the variable. The timeout makes apt-get wait for another installation.
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
