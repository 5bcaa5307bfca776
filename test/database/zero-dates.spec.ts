import { beforeAll, describe, expect, it } from '@jest/globals';
import { ownStore } from '../support/databases/own-store.js';
import { personas } from '../conformance/cases.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { fillStore, storeKinds } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const SERVER = 'b0b0b0b0-0000-4000-8000-000000000001';
const project_id = personas['alice']?.project_id ?? '';

/** Times, in the order in which the databases sort them: newest first. Only the first and the sixth are valid dates. */
const TIMES = [
  '2026-01-02 03:04:05',
  '2024-02-31 10:00:00',
  '2024-02-30 10:00:00',
  '2024-02-00 00:00:00',
  '2024-00-00 00:00:00',
  '2001-01-01 00:00:00',
  '0000-00-00 00:00:00',
];
const SHOWN = TIMES.map((time, index) =>
  index === 0 || index === 5 ? `${time.replace(' ', 'T')}.000000` : null,
);

const number = (index: number): string => String(index).padStart(12, '0');
const requestOf = (index: number): string => `req-b0b0b0b0-0000-4000-8000-${number(index)}`;
const migrationOf = (index: number): string => `b0b0b0b0-0000-4000-9000-${number(index)}`;

/**
 * The rows of each table. A table of actions or migrations has one row for each entry in TIMES, and `setTimes` sets the
 * times of the rows later.
 */
const rows = {
  instances: [{ cell: 'cell1', id: 1, uuid: SERVER, project_id, deleted: 0 }],
  instance_actions: TIMES.map((_time, index) => ({
    cell: 'cell1',
    id: index + 1,
    action: 'reboot',
    instance_uuid: SERVER,
    request_id: requestOf(index),
    project_id,
    deleted: 0,
  })),
  instance_actions_events: TIMES.map((_time, index) => ({
    cell: 'cell1',
    id: index + 1,
    event: `step ${index}`,
    action_id: 1,
    deleted: 0,
  })),
  migrations: TIMES.map((_time, index) => ({
    cell: index % 2 === 0 ? 'cell1' : 'cell2',
    id: index + 1,
    uuid: migrationOf(index),
    migration_type: 'resize',
    status: 'finished',
    hidden: 0,
    deleted: 0,
  })),
};

/** Sets the times of the rows, in a session with a lax SQL mode, which permits invalid dates. */
async function setTimes(url: string): Promise<void> {
  const source = await ownStore(url).initialize();
  const runner = source.createQueryRunner();
  if (source.options.type !== 'better-sqlite3')
    await runner.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'");
  for (const [index, time] of TIMES.entries()) {
    for (const [table, ...more] of [
      ['instance_actions', 'start_time'],
      ['instance_actions_events', 'start_time', 'finish_time'],
      ['migrations'],
    ]) {
      const set = ['created_at', 'updated_at', ...more].map((column) => `${column} = '${time}'`).join(', ');
      await runner.query(`UPDATE ${table ?? ''} SET ${set} WHERE id = ${index + 1}`);
    }
  }
  await runner.release();
  await source.destroy();
}

let server: MariaDbServer;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
});

/** The service's own database, or the databases of Nova. They contain the rows of `rows`. */
interface Place {
  readonly settings: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

const PLACES: readonly (readonly [name: string, make: () => Promise<Place>])[] = [
  ...storeKinds.map(([kind, create]): readonly [string, () => Promise<Place>] => [
    kind,
    async () => {
      const store = await create();
      await fillStore(store.url, rows);
      await setTimes(store.url);
      return { settings: { DATABASE_URL: store.url }, remove: () => store.remove() };
    },
  ]),
  [
    "Nova's databases",
    async () => {
      const databases = await createNovaDatabases(server);
      await databases.fill({
        ...rows,
        instance_mappings: [{ cell: 'cell1', instance_uuid: SERVER, project_id }],
      });
      for (const cell of ['cell1', 'cell2'] as const) await setTimes(databases.adminUrl(cell));
      return { settings: { NOVA_API_DATABASE_URL: databases.apiUrl }, remove: () => databases.remove() };
    },
  ],
];

describe.each(PLACES)('invalid dates in %s', (_name, make) => {
  let place: Place;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    place = keep(await make());
    service = keep(await startService(place.settings));
  });

  async function get<Body>(path: string): Promise<Body> {
    const answer = await fetch(path.startsWith('http') ? path : `${service.url}/v2.1/${path}`, {
      headers: { 'X-Auth-Token': personaTokens['admin'] ?? '', 'OpenStack-API-Version': 'compute 2.103' },
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Body;
  }

  type Links = readonly { readonly href: string }[];

  /** Requests a list page by page. @returns all items of the list */
  async function pages(path: string, items: string, links: string): Promise<Record<string, string | null>[]> {
    const found = [];
    for (let next: string | undefined = path; next !== undefined && found.length <= TIMES.length;) {
      const body: Record<string, unknown> = await get(next);
      found.push(...(body[items] as Record<string, string | null>[]));
      next = (body[links] as Links | undefined)?.[0]?.href;
    }
    return found;
  }

  it.each([1, 2, 1_000])(
    'invalid dates are null in a list of actions, and no action is missing in pages of %d',
    async (limit) => {
      const found = await pages(
        `servers/${SERVER}/os-instance-actions?limit=${limit}`,
        'instanceActions',
        'links',
      );
      expect(
        found.map(({ request_id, start_time, updated_at }) => [request_id, start_time, updated_at]),
      ).toEqual(SHOWN.map((time, index) => [requestOf(index), time, time]));
    },
  );

  it.each([1, 2, 1_000])(
    'invalid dates are null in a list of migrations, and no migration is missing in pages of %d',
    async (limit) => {
      const found = await pages(`os-migrations?limit=${limit}`, 'migrations', 'migrations_links');
      expect(found.map(({ uuid, created_at, updated_at }) => [uuid, created_at, updated_at])).toEqual(
        SHOWN.map((time, index) => [migrationOf(index), time, time]),
      );
    },
  );

  it('invalid dates are null in the events of an action, and the events keep their order', async () => {
    const { instanceAction } = await get<{ instanceAction: { events: Record<string, string | null>[] } }>(
      `servers/${SERVER}/os-instance-actions/${requestOf(0)}`,
    );
    expect(
      instanceAction.events.map(({ event, start_time, finish_time }) => [event, start_time, finish_time]),
    ).toEqual(SHOWN.map((time, index) => [`step ${index}`, time, time]));
  });
});
