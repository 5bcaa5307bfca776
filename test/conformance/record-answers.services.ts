import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseEnv } from 'node:util';
import { type ConformanceCase, loadCases, loadFixture } from './cases.js';
import { printReport, replay } from './replay.js';
import type { Tokens } from './requests.js';
import { npmRun } from '../support/process/run.js';
import { type RunningService, startService } from '../support/service/service.js';
import { until } from '../support/time/until.js';

/** The process of `npm run nova`. */
let nova: ChildProcessByStdio<null, Readable, null>;
/** The lines that `npm run nova` printed: the first word of a line → the rest of the line. */
let printed: ReadonlyMap<string, string> = new Map();
let service: RunningService | undefined;
let keystoneUrl: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  nova = spawn('npm', ['run', '--silent', 'nova'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  printed = await readUntil(nova.stdout, 'Press Ctrl-C');
  const settings = parseEnv(await readFile(printedAfter('settings'), 'utf8'));
  keystoneUrl = settings['OS_AUTH_URL'] ?? '';
  service = await startService(settings as Record<string, string>);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await service?.stop();
  if (nova.exitCode === null && nova.signalCode === null) {
    const ended = once(nova, 'close');
    // Sends the signal to each process of the group, as a terminal does on Ctrl-C.
    process.kill(-(nova.pid ?? 0), 'SIGINT');
    await ended;
  }
  await until(() => !existsSync(printedAfter('tokens')), 'npm run nova removes its files');
});

/** Finds the line of `npm run nova` that begins with the given word. Returns the rest of this line. */
function printedAfter(word: string): string {
  return printed.get(word) ?? '';
}

/**
 * Reads the output of a process until a line begins with the text in `end`.
 *
 * @returns the lines as a map: the first word of a line → the rest of the line
 */
async function readUntil(output: Readable, end: string): Promise<ReadonlyMap<string, string>> {
  const lines = new Map<string, string>();
  for await (const line of createInterface({ input: output })) {
    if (line.startsWith(end)) return lines;
    const [, word, rest] = /^(\S+) +(\S+)$/.exec(line) ?? [];
    if (word !== undefined && rest !== undefined) lines.set(word, rest);
  }
  throw new Error('npm run nova exited before it was ready');
}

/**
 * Conditions that select the cases to which Nova 33 responds differently from Nova 26.2: the role `manager`, query
 * parameters with an empty value, lists of versions, and newer microversions.
 */
const NEWER_BEHAVIOUR = [
  ({ persona }: ConformanceCase) => persona === 'mona',
  ({ path }: ConformanceCase) => /[?&][\w-]+=(&|$)/.test(path),
  ({ path, answer }: ConformanceCase) => answer.status === 300 || /^\/(v2(\.1)?\/?)?$/.test(path),
  ({ headers }: ConformanceCase) => Object.values(headers).join().includes('latest'),
  ({ answer }: ConformanceCase) => answer.status === 406 || minorOf(answer) > 93,
];

function minorOf({ headers }: ConformanceCase['answer']): number {
  return Number((headers['x-openstack-nova-api-version'] ?? '2.1').slice(2));
}

/** Returns the given number of cases of a file, at equal intervals. */
function casesOf(file: string, count: number): ConformanceCase[] {
  const cases = loadCases(file).filter((one) => !NEWER_BEHAVIOUR.some((isOfNewer) => isOfNewer(one)));
  const step = cases.length / count;
  return Array.from({ length: count }, (_, index) => cases[Math.floor(index * step)]).filter(
    (one) => one !== undefined,
  );
}

/**
 * Returns true for a list of migrations before microversion 2.59, which Nova does not sort. For a server with
 * soft-deleted migrations, MariaDB's query plan decides the order (docs/differences.md).
 */
function isUnsorted({ path, answer }: ConformanceCase): boolean {
  const [server = ''] = loadFixture().labels['many'] ?? [];
  const isList = path.startsWith(`/v2.1/os-migrations?instance_uuid=${server}`);
  return isList && answer.status === 200 && minorOf(answer) < 59;
}

function sortedById(one: ConformanceCase): ConformanceCase {
  if (!isUnsorted(one)) return one;
  const { migrations } = one.answer.body as { migrations: { id: number }[] };
  const body = { migrations: migrations.toSorted((a, b) => a.id - b.id) };
  return { ...one, answer: { ...one.answer, body } };
}

describe('responses recorded from a real Nova 26.2', () => {
  it('responses recorded from a real Nova equal those of the service on the same databases', async () => {
    const golden = [...casesOf('answers.jsonl', 60), ...casesOf('migrations-answers.jsonl', 60)];
    const [tokensFile, cases] = [printedAfter('tokens'), join(folder, 'cases.jsonl')];
    const tokens = JSON.parse(await readFile(tokensFile, 'utf8')) as Tokens;
    const lines = golden.map((one) => JSON.stringify({ ...one, answer: undefined }));
    await writeFile(cases, lines.join('\n'));
    const words = [printedAfter('nova-api'), '--tokens', tokensFile, '--record', cases];
    const { code, out, err } = await npmRun('conformance', words);
    expect([code, err]).toEqual([0, '100 of 120 responses received\n120 responses recorded\n']);
    for (const token of Object.values(tokens)) expect(out).not.toContain(token);

    const recorded = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ConformanceCase);
    const statuses = new Set(recorded.map(({ answer }) => answer.status));
    expect(statuses).toEqual(new Set([200, 400, 401, 403, 404]));
    const unsorted = recorded
      .filter(isUnsorted)
      .map(({ id }): [string, string] => [id, 'the list is unsorted']);
    expect(unsorted.length).toBeLessThan(15);
    const report = await replay(recorded, {
      baseUrl: service?.url ?? '',
      tokens,
      keystoneUrl,
      knownDifferences: new Map(unsorted),
    });
    printReport(report);
    expect([report.total, report.different]).toEqual([120, []]);
    // The cases of this project were recorded from Nova 33. There, Keystone's URL ended with a slash; here it does not.
    const expected = JSON.stringify(golden.map(sortedById)).replaceAll('{keystone}/', '{keystone}');
    expect(recorded.map(sortedById)).toEqual(JSON.parse(expected));
  });
});
