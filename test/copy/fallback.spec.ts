import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ConformanceCase, loadCases, loadFixture, withoutLabel } from '../conformance/cases.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { KNOWN_DIFFERENCES } from '../conformance/known-differences.js';
import { addressesOf, differencesOf } from '../conformance/replay.js';
import { RequestSender } from '../conformance/request-sender.js';
import { outgoingRequest } from '../conformance/requests.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { copyRows, deleteRows } from '../support/copy/copied-rows.js';
import { Relay } from '../support/http/relay.js';
import { createConnection } from 'mysql2/promise';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

/** The recorded requests for actions. The server `unmapped` has a row in a cell, but Nova does not find it. */
const CASES = withoutLabel(loadCases('answers.jsonl'), 'unmapped').cases.filter(
  ({ id, path }) => path.includes('/os-instance-actions') && !KNOWN_DIFFERENCES.has(id),
);

const HEADER = 'action-log-source';
const FROM_COPY = 'copy; as_of="2026-11-27T04:16:22.123456Z"';

interface Replayed {
  readonly one: ConformanceCase;
  readonly received: ReceivedAnswer;
  /** One sentence for each difference from the recorded answer. */
  readonly differences: readonly string[];
}

async function replayAll(service: RunningService, cases: readonly ConformanceCase[]): Promise<Replayed[]> {
  const sender = new RequestSender(service.url, 8);
  const replayed: Replayed[] = [];
  const waiting = cases.values();
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      const received = await sender.send(outgoingRequest(one, personaTokens));
      const addresses = addressesOf({ baseUrl: service.url, tokens: personaTokens });
      const differences = await differencesOf(one.answer, () => Promise.resolve(received), addresses);
      replayed.push({ one, received, differences });
    }
  };
  try {
    await Promise.all(Array.from({ length: 8 }, work));
  } finally {
    sender.close();
  }
  return replayed;
}

/** Returns every nth case. */
function everyNth(n: number): ConformanceCase[] {
  return CASES.filter((_one, index) => index % n === 0);
}

/** Returns true if Nova's answer is about a server that it has found. */
function isAboutServer({ method, answer: { status, body } }: ConformanceCase): boolean {
  const text = JSON.stringify(body);
  if (status === 404) return /Action .* not found/.test(text);
  if (status === 400) return /Marker None|The value of changes-since must be less/.test(text);
  return (status === 200 && method === 'GET') || (status === 403 && text.includes('os-instance-actions'));
}

/** Returns true if the recorded request has a microversion in which Nova finds deleted servers. */
function findsDeleted({ answer: { headers } }: ConformanceCase): boolean {
  const [, minor = '1'] = /2\.(\d+)/.exec(headers['x-openstack-nova-api-version'] ?? '') ?? [];
  return Number(minor) >= 21;
}

describe.each(storeKinds)('a service beside Nova with a copy on %s', (kind, create) => {
  let databases: NovaDatabases;
  let service: RunningService;
  let storeUrl: string;

  const keep = closeAfterAll();

  const start = (settings: Readonly<Record<string, string>> = {}): Promise<RunningService> =>
    startService({ NOVA_API_DATABASE_URL: databases.apiUrl, DATABASE_URL: storeUrl, ...settings });

  beforeAll(async () => {
    databases = keep(await createNovaDatabases(keep(await mariaDb())));
    await databases.fill(loadFixture());
    const store = keep(await create());
    storeUrl = store.url;
    service = keep(await start());
  });

  it('starts, responds as without a copy, and reports the copy as degraded while the store has no tables', async () => {
    const [one] = CASES.filter(({ answer: { status } }) => status === 200);
    const [seen] = await replayAll(service, one === undefined ? [] : [one]);
    expect([seen?.differences, seen?.received.headers.has(HEADER)]).toEqual([[], false]);
    const health = await fetch(`${service.url}/health/ready`);
    const { details } = (await health.json()) as { details: Record<string, unknown> };
    expect([health.status, details['copy']]).toEqual([200, { status: 'degraded' }]);
  });

  it('returns the recorded answers without the header while Nova has the servers, and with it after Nova has deleted their rows', async () => {
    await migrateOwnStore(storeUrl);
    await copyRows(databases, storeUrl);
    // replay-nova.spec.ts replays all requests while Nova has the servers. So a part of them is enough here.
    const before = await replayAll(service, everyNth(10));
    expect(before.flatMap(({ differences }) => differences)).toEqual([]);
    expect(before.filter(({ received }) => received.headers.has(HEADER))).toEqual([]);

    await deleteRows(databases, kind === 'SQLite' ? 'go' : 'stay');
    const counts = { copied: 0, forbidden: 0, old: 0 };
    for (const { one, received, differences } of await replayAll(
      service,
      everyNth(kind === 'SQLite' ? 4 : 1),
    )) {
      const source = received.headers.get(HEADER);
      if (isAboutServer(one) && !findsDeleted(one)) {
        counts.old += 1;
        expect([one.id, received.status, source]).toEqual([one.id, 404, undefined]);
        expect(received.body).toContain('could not be found');
      } else {
        expect([one.id, differences, source]).toEqual([
          one.id,
          [],
          isAboutServer(one) ? FROM_COPY : undefined,
        ]);
        if (source !== undefined) counts.copied += 1;
        if (source !== undefined && received.status === 403) counts.forbidden += 1;
      }
    }
    expect(Math.min(counts.copied / 10, counts.forbidden, counts.old)).toBeGreaterThan(5);
  });

  it('returns 404 for the actions of a server that only the copy has if COPY_FALLBACK is off, and always for its migrations', async () => {
    const off = keep(await start({ COPY_FALLBACK: 'off' }));
    expect(await ask(off, 'os-instance-actions')).toEqual([404, null]);
    // The log of all servers still needs the database.
    expect(await (await fetch(`${off.url}/health/ready`)).json()).toHaveProperty('details.copy');
    expect(await ask(service, 'os-instance-actions')).toEqual([200, FROM_COPY]);
    expect(await ask(service, 'migrations')).toEqual([404, null]);
  });
});

describe('a service beside Nova whose databases or copy are unreachable', () => {
  let databases: NovaDatabases;
  let storeUrl: string;
  let relays: Readonly<Record<'api' | 'cell', Relay>>;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const server = keep(await mariaDb());
    databases = keep(await createNovaDatabases(server));
    await databases.fill(loadFixture());
    storeUrl = await server.createDatabase('copy');
    await migrateOwnStore(storeUrl);
    await copyRows(databases, storeUrl);
    const port = Number(new URL(databases.adminUrl('nova_api')).port);
    relays = { api: await Relay.to(port), cell: await Relay.to(port) };
    const api = await createConnection(databases.adminUrl('nova_api'));
    await api.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [
      through(relays.cell, databases.cells.cell1.url),
      databases.cells.cell1.uuid,
    ]);
    await api.end();
  });

  const start = async (settings: Readonly<Record<string, string>> = {}): Promise<RunningService> =>
    keep(
      await startService({
        NOVA_API_DATABASE_URL: through(relays.api, databases.apiUrl),
        DATABASE_URL: storeUrl,
        ...settings,
      }),
    );

  it.each(['cell', 'api'] as const)(
    'returns the actions of the copy while the %s database refuses connections, and 503 for a server that the copy lacks',
    async (database) => {
      service = await start();
      await relays[database].refuse();
      try {
        expect(await ask(service, 'os-instance-actions')).toEqual([200, FROM_COPY]);
        if (database === 'api')
          expect(await ask(service, 'os-instance-actions', ABSENT)).toEqual([503, null]);
      } finally {
        await relays[database].resume();
      }
    },
  );

  it("returns Nova's responses if the copy is unreachable", async () => {
    service = await start({ DATABASE_URL: 'sqlite:///nowhere/actions.sqlite' });
    expect(await ask(service, 'os-instance-actions')).toEqual([200, null]);
    expect(await ask(service, 'os-instance-actions', ABSENT)).toEqual([404, null]);
  });
});

const [SERVER = ''] = loadFixture().labels['seed'] ?? [];
const ABSENT = 'b0b0b0b0-0000-4000-8000-00000000000f';

function through(relay: Relay, url: string): string {
  return url.replace(/:\d+\//, `:${relay.port}/`);
}

/** Sends an administrator's request. @returns the status and the header that names the source */
async function ask(
  service: RunningService,
  resource: string,
  uuid = SERVER,
): Promise<[status: number, source: string | null]> {
  const { status, headers } = await fetch(`${service.url}/v2.1/servers/${uuid}/${resource}`, {
    headers: { 'X-Auth-Token': personaTokens['admin'] ?? '', 'OpenStack-API-Version': 'compute 2.80' },
  });
  return [status, headers.get(HEADER)];
}
