import { beforeAll, describe, expect, it } from '@jest/globals';
import { personas } from '../conformance/cases.js';
import { type Keystone, startKeystone } from '../support/keystone/keystone.js';
import { keystoneSettings } from '../support/keystone/settings.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { type NovaApi, startNovaApi } from '../support/nova/api.js';
import { type NovaRow, type RandomRows, randomRows, type ServerKind } from '../support/nova/rows.js';
import { loadNovaRows } from '../support/nova/rows-load.js';
import {
  type ClientOptions,
  type ClientResult,
  OpenStackClient,
} from '../support/comparison/openstack-client.js';
import { seededRandom } from '../support/random.js';
import { type RunningService, startService } from '../support/service/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The microversions that changed the responses. This version of the client supports no microversion after 2.92. */
const MICROVERSIONS = ['2.1', '2.21', '2.51', '2.58', '2.62', '2.84', '2.92'];
/** The number of commands that run at the same time. These tests run about a hundred commands. */
const CONCURRENCY = 3;

/**
 * The words of a command line for the client, and options such as the test caller whose credentials the client uses.
 */
type Command = readonly [words: readonly string[], options: ClientOptions];

let server: MariaDbServer;
let keystone: Keystone;
let nova: NovaApi;
let rows: RandomRows;
let alone: RunningService;
let facade: RunningService;
let client: OpenStackClient;
let commands: readonly Command[];
/** The output of each command when the client uses nova-api directly. It is the expected output for this service. */
let expected: readonly ClientResult[];

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  keystone = keep(await startKeystone());
  nova = keep(await startNovaApi({ server, keystone }));
  rows = randomRows(seededRandom('client'));
  await loadNovaRows(nova.databases, rows);
  alone = keep(await startService(settings()));
  facade = keep(await startService(settings({ UPSTREAM_NOVA_URL: nova.url })));
  client = keep(await OpenStackClient.create(keystone));
  commands = allCommands();
  expected = await runAll(nova.url);
});

function settings(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    NOVA_API_DATABASE_URL: nova.apiDatabaseUrl,
    ...keystoneSettings(keystone),
    ...more,
  };
}

/**
 * Returns a server of the given kind, if possible in the given project. The default is the project of the test caller
 * `tenant`.
 */
function serverOf(kind: ServerKind, projectId = '453265'): string {
  const ofKind = rows.servers.filter((one) => one.kind === kind);
  const found = ofKind.find((one) => one.projectId === projectId) ?? ofKind[0];
  if (!found) throw new Error(`no server is ${kind}`);
  return found.uuid;
}

function usualServers(projectId?: string): string[] {
  return rows.servers
    .filter((one) => one.kind === 'usual' && (projectId === undefined || one.projectId === projectId))
    .map(({ uuid }) => uuid);
}

function rowsOf(table: string): readonly NovaRow[] {
  const { cell1, cell2 } = rows.databases;
  return [...(cell1[table] ?? []), ...(cell2[table] ?? [])];
}

/** Returns the valid request ids of a server's actions that are not deleted. */
function actionsOf(uuid: string): string[] {
  return rowsOf('instance_actions')
    .filter((row) => row['instance_uuid'] === uuid && row['deleted'] === 0)
    .map((row) => String(row['request_id']))
    .filter((id) => /^req-[0-9a-f-]{36}$/.test(id));
}

function allCommands(): Command[] {
  const uuid = usualServers('453265').find((one) => actionsOf(one).length > 1) ?? '';
  const [first = '', second = ''] = actionsOf(uuid);
  if (second === '') throw new Error('no server of the tenant has two actions with a request id');
  const list = ['server', 'event', 'list', uuid, '--long'];
  const perPersona = ['tenant', 'admin'].flatMap((persona) =>
    MICROVERSIONS.flatMap((microversion): Command[] => [
      [list, { persona, microversion }],
      [['server', 'event', 'show', uuid, first], { persona, microversion }],
    ]),
  );
  const newest = { persona: 'tenant', microversion: '2.92' };
  return [
    ...perPersona,
    [list, { persona: 'tenant' }],
    [[...list, '--limit', '3', '--marker', second], newest],
    [[...list, '--changes-since', '2025-01-07', '--changes-before', '2025-01-14T00:00:00Z'], newest],
    [['server', 'event', 'show', uuid, 'req-unknown'], newest],
    [[...list, '--marker', 'req-unknown'], newest],
    [list, { persona: 'bob', microversion: '2.92' }],
    [['server', 'event', 'list', serverOf('deleted')], { persona: 'admin', microversion: '2.92' }],
    [['server', 'event', 'list', serverOf('deleted')], { persona: 'admin', microversion: '2.1' }],
    [['server', 'event', 'list', serverOf('busy'), '-f', 'json'], { persona: 'admin', microversion: '2.92' }],
  ];
}

/** Runs all commands with a service catalogue in which the compute service has this URL. */
async function runAll(computeUrl: string): Promise<ClientResult[]> {
  await nova.catalogue.setComputeEndpoint(computeUrl);
  const results: ClientResult[] = [];
  const waiting = commands.entries();
  const work = async (): Promise<void> => {
    for (const [index, [words, options]] of waiting) {
      results[index] = withoutRequestId(await client.run(words, options));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return results;
}

function withoutRequestId(result: ClientResult): ClientResult {
  return { ...result, stderr: result.stderr.replace(/\(Request-ID: req-[0-9a-f-]{36}\)/, '(Request-ID: …)') };
}

/** Returns each result together with its command, so that a failed comparison shows the command. */
function withCommands(results: readonly ClientResult[]): unknown[] {
  return results.map((result, index) => [commands[index]?.[0].join(' '), commands[index]?.[1], result]);
}

/** Lists the events of a server with a command that contains the name of the server instead of its id. */
async function listByName(computeUrl: string): Promise<ClientResult> {
  await nova.catalogue.setComputeEndpoint(computeUrl);
  const uuids = usualServers();
  const named = rowsOf('instances').find(
    (row) => uuids.includes(String(row['uuid'])) && /^\w+ \w+$/.test(String(row['display_name'])),
  );
  const owner = Object.entries(personas).find(([, one]) => one.project_id === named?.['project_id']);
  if (named === undefined || owner === undefined) throw new Error('no server of a persona has a plain name');
  const words = ['server', 'event', 'list', String(named['display_name'])];
  return withoutRequestId(await client.run(words, { persona: owner[0], microversion: '2.92' }));
}

describe("openstackclient's commands for the events of a server", () => {
  it("openstackclient's commands for the events of a server print the events that nova-api returns", () => {
    const printed = expected.map(({ code, stdout }) => [code, stdout !== '']);
    expect(printed.filter(([code, some]) => code === 0 && some)).toHaveLength(commands.length - 4);
    expect(printed.filter(([code, some]) => code === 1 && !some)).toHaveLength(4);
  });

  it("with this service alone, openstackclient's commands print the same events, but find no server by name", async () => {
    expect(withCommands(await runAll(alone.url))).toEqual(withCommands(expected));
    const { code, stderr } = await listByName(alone.url);
    expect([code, stderr]).toEqual([1, expect.stringContaining('No server with a name or ID of')]);
  });

  it("with a facade, openstackclient's commands print the same events, and also find a server by name", async () => {
    expect(withCommands(await runAll(facade.url))).toEqual(withCommands(expected));
    const byName = await listByName(facade.url);
    expect(byName.code).toBe(0);
    expect(byName).toEqual(await listByName(nova.url));
  });
});
