import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { OtherNode } from './install-node.js';

const REQUESTS = 20_000;
const CONNECTIONS = 32;
const START_TIMEOUT = 120_000;

/** The URL of the service that the commands in README.md use. */
const README_URL = 'http://127.0.0.1:8774';

/** Matches npm's warnings about packages. It does not match warnings about the settings of the machine. */
const WARNING = /^npm warn (?:EBADENGINE|deprecated|install-scripts) .*$/gm;

/** Installs the packages of the project. @throws Error if npm prints a warning about a package */
export async function installProject(project: string, node: OtherNode): Promise<void> {
  const warnings = (await node.run(project, 'npm', 'ci')).match(WARNING) ?? [];
  if (warnings.length > 0) throw new Error(`"npm ci" warns: ${warnings.join(' | ')}`);
}

/**
 * Starts the service, runs the curl commands of README.md, and repeats their requests many times.
 *
 * @returns the resident memory in MiB
 * @throws Error if a request fails or if the service writes to standard error
 */
export async function loadService(project: string, node: OtherNode): Promise<number> {
  const env = { PATH: node.environment.PATH ?? '', PORT: '0', LOG_FORMAT: 'json' };
  const service = spawn('node', ['dist/main.js'], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  let errors = '';
  service.stdout.setEncoding('utf8').on('data', (piece: string) => (log += piece));
  service.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece));
  const ended = once(service, 'close');
  let memory: string | undefined;
  try {
    const url = await addressIn(
      () => log,
      () => service.exitCode === null,
    );
    const curls = readFileSync(join(project, 'README.md'), 'utf8').match(/^curl .*$/gm) ?? [];
    if (curls.length === 0) throw new Error('README.md has no line with curl');
    for (const line of curls) {
      await node.run(project, 'sh', '-c', line.replace(README_URL, url).replace('curl ', 'curl -sS --fail '));
    }
    await sendRequests(
      curls.map((line) => new URL(/http:\S+/.exec(line)?.[0] ?? '').pathname),
      url,
    );
    memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1];
  } finally {
    service.kill('SIGTERM');
    await ended;
  }
  if (errors !== '') throw new Error(`the service wrote to standard error: ${errors}`);
  return Number(memory) / 1024;
}

async function addressIn(log: () => string, runs: () => boolean): Promise<string> {
  const until = Date.now() + START_TIMEOUT;
  while (runs() && Date.now() < until) {
    const url = /listens on (https?:\/\/[^\s;]+)/.exec(log())?.[1];
    if (url !== undefined) return url;
    await sleep(50);
  }
  throw new Error('the service does not listen');
}

async function sendRequests(paths: readonly string[], url: string): Promise<void> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < REQUESTS) {
      const path = paths[(sent += 1) % paths.length] ?? '/';
      const { statusCode, body } = await pool.request({
        path,
        method: 'GET',
        headers: { 'X-Auth-Token': 'demo-admin' },
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`${path} returned ${statusCode}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
  } finally {
    await pool.close();
  }
}

/** Runs the unit tests and the tests on SQLite. */
export async function runTests(project: string, node: OtherNode): Promise<void> {
  await node.run(project, 'npm', 'run', 'test:quick');
}
