import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { type ConformanceCase, loadCases, loadFixture } from '../conformance/cases.js';
import { printReport, replay } from '../conformance/replay.js';
import type { Tokens } from '../conformance/requests.js';
import { type Keystone, startKeystone } from '../support/keystone.js';
import { keystoneSettings, signIn } from '../support/keystone-settings.js';
import { type MariaDbServer, mariaDb } from '../support/mariadb.js';
import { type NovaApi, startNovaApi } from '../support/nova-api.js';
import { fixtureRows } from '../support/nova-rows-fixture.js';
import { loadNovaRows } from '../support/nova-rows-load.js';
import { npmRun } from '../support/run.js';
import { type RunningService, startService } from '../support/service.js';

let server: MariaDbServer;
let keystone: Keystone;
let nova: NovaApi;
let service: RunningService;
let tokens: Tokens;
let folder: string;

beforeAll(async () => {
  server = await mariaDb();
  keystone = await startKeystone();
  nova = await startNovaApi({ server, keystone });
  await loadNovaRows(nova.databases, fixtureRows());
  await analyse(nova);
  service = await startService({
    NOVA_API_DATABASE_URL: nova.apiDatabaseUrl,
    ...keystoneSettings(keystone),
    WWW_AUTHENTICATE_URI: keystone.rootUrl,
  });
  tokens = await signIn(keystone);
  folder = await mkdtemp(join(tmpdir(), 'record-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await service.stop();
  await nova.stop();
  await keystone.stop();
  await server.stop();
});

/** A list without an order of its own is as the index has it that MariaDB chooses by what it knows of the rows. */
async function analyse({ databases }: NovaApi): Promise<void> {
  for (const url of [databases.cell1, databases.cell2]) {
    const connection = await createConnection(url);
    await connection.query('ANALYZE TABLE instances, migrations');
    await connection.end();
  }
}

/** Of which release 33 says something else: what a manager may, an empty number, which versions are supported. */
const NEWER = [
  ({ persona }: ConformanceCase) => persona === 'mona',
  ({ path }: ConformanceCase) => /[?&][\w-]+=(&|$)/.test(path),
  ({ path, answer }: ConformanceCase) => answer.status === 300 || /^\/(v2(\.1)?\/?)?$/.test(path),
  ({ headers }: ConformanceCase) => Object.values(headers).join().includes('latest'),
  ({ answer }: ConformanceCase) => answer.status === 406 || minorOf(answer) > 93,
];

function minorOf({ headers }: ConformanceCase['answer']): number {
  return Number((headers['x-openstack-nova-api-version'] ?? '2.1').slice(2));
}

/** So many cases of a file, from all over it. */
function casesOf(file: string, count: number): ConformanceCase[] {
  const cases = loadCases(file).filter((one) => !NEWER.some((isOfNewer) => isOfNewer(one)));
  const step = cases.length / count;
  return Array.from({ length: count }, (_, index) => cases[Math.floor(index * step)]).filter(
    (one) => one !== undefined,
  );
}

/**
 * Lists before 2.59 are as Nova's database reads them: of a server with soft-deleted migrations, by number or by
 * status, as MariaDB plans it (docs/differences.md).
 */
function hasNoOrder({ path, answer }: ConformanceCase): boolean {
  const [server = ''] = loadFixture().labels['many'] ?? [];
  const isList = path.startsWith(`/v2.1/os-migrations?instance_uuid=${server}`);
  return isList && answer.status === 200 && minorOf(answer) < 59;
}

function inOrder(one: ConformanceCase): ConformanceCase {
  if (!hasNoOrder(one)) return one;
  const { migrations } = one.answer.body as { migrations: { id: number }[] };
  const body = { migrations: migrations.toSorted((a, b) => a.id - b.id) };
  return { ...one, answer: { ...one.answer, body } };
}

describe('recording from a real Nova 26.2', () => {
  it('gives answers that the service, on the same databases, gives identically', async () => {
    const golden = [...casesOf('answers.jsonl', 60), ...casesOf('migrations-answers.jsonl', 60)];
    const [tokensFile, cases] = [join(folder, 'tokens.json'), join(folder, 'cases.jsonl')];
    await writeFile(tokensFile, JSON.stringify(tokens));
    const lines = golden.map((one) => JSON.stringify({ ...one, answer: undefined }));
    await writeFile(cases, lines.join('\n'));
    const words = [nova.url, '--tokens', tokensFile, '--record', cases];
    const { code, out, err } = await npmRun('conformance', words);
    expect([code, err]).toEqual([0, '100 of 120 answered\n120 answers recorded\n']);
    for (const token of Object.values(tokens)) expect(out).not.toContain(token);

    const recorded = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ConformanceCase);
    const statuses = new Set(recorded.map(({ answer }) => answer.status));
    expect(statuses).toEqual(new Set([200, 400, 401, 403, 404]));
    const unordered = recorded.filter(hasNoOrder).map(({ id }): [string, string] => [id, 'has no order']);
    expect(unordered.length).toBeLessThan(15);
    const report = await replay(recorded, {
      baseUrl: service.url,
      tokens,
      keystoneUrl: keystone.rootUrl,
      knownDifferences: new Map(unordered),
    });
    printReport(report);
    expect([report.asked, report.different]).toEqual([120, []]);
    // Nova 33 gave the same answers from the same rows; its address of Keystone ended with a slash.
    const theirs = JSON.stringify(golden.map(inOrder)).replaceAll('{keystone}/', '{keystone}');
    expect(recorded.map(inOrder)).toEqual(JSON.parse(theirs));
  });
});
