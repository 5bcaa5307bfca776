import { beforeAll, describe, expect, it } from '@jest/globals';
import { Place } from '../../src/ledger/record/entry.js';
import { loadFixture, personas } from '../conformance/cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { onCell, READ_AT } from '../support/copy/copied-rows.js';
import { type NovaWithCopy, novaWithCopy } from '../support/copy/nova-with-copy.js';
import { parseMetrics, total } from '../support/http/metrics.js';
import type { CellName, DatabaseName } from '../support/nova/databases.js';
import { personaTokens, type RunningService } from '../support/service/service.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';

const FROM_COPY = `copy; as_of="${READ_AT.replace(' ', 'T')}Z"`;

/** Versions at which responses about actions change, and those before them. */
const VERSIONS = [1, 20, 21, 50, 51, 57, 58, 62, 66, 84, 103].map((minor) => `2.${minor}`);

const FIRST_WITH_DELETED = VERSIONS.indexOf('2.21');

/** The server and the first request id of a label of the fixture. */
function labelled(label: string): readonly [uuid: string, requestId: string] {
  const [uuid = '', requestId = ''] = loadFixture().labels[label] ?? [];
  return [uuid, requestId];
}

const [BUSY, BUSY_REQUEST] = labelled('busy');
const [TIE, TIE_REQUEST] = labelled('tie');
const [MANY, MANY_REQUEST] = labelled('many');
const [DUP] = labelled('dup');
const [SEED, SEED_REQUEST] = labelled('seed');

interface Answer {
  readonly status: number;
  readonly source: string | null;
  readonly body: string;
}

describe('a service beside Nova with a copy of all rows', () => {
  let nova: NovaWithCopy;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    nova = keep(await novaWithCopy(Place.main));
    service = keep(await nova.start());
  });

  const ask = async (
    path: string,
    { persona = 'alice', version = '2.103', of = service } = {},
  ): Promise<Answer> => {
    const response = await fetch(`${of.url}/v2.1/servers/${path}`, {
      headers: {
        'X-Auth-Token': personaTokens[persona] ?? '',
        'OpenStack-API-Version': `compute ${version}`,
      },
    });
    return {
      status: response.status,
      source: response.headers.get('action-log-source'),
      body: await response.text(),
    };
  };

  const change = (cell: CellName, ...statements: readonly string[]): Promise<void> =>
    onCell(nova.databases, cell, async (connection) => {
      for (const statement of statements) await connection.query(statement);
    });

  const move = (where: DatabaseName, table: string, condition: string): Promise<void> =>
    change(where as CellName, `UPDATE ${table} SET project_id = '${PROJECT_OF_BOB}' WHERE ${condition}`);

  const purge = (cell: CellName, uuid: string): Promise<void> =>
    change(
      cell,
      `DELETE FROM instance_actions_events WHERE action_id IN (SELECT id FROM instance_actions WHERE instance_uuid = '${uuid}')`,
      `DELETE FROM instance_actions WHERE instance_uuid = '${uuid}'`,
      `DELETE FROM migrations WHERE instance_uuid = '${uuid}'`,
      `DELETE FROM instances WHERE uuid = '${uuid}'`,
    );

  it.each([
    ["the row in the cell, but not in Nova's API database", MANY, [['cell2', 'instances', 'uuid']]],
    [
      "the row in the cell and in Nova's API database",
      DUP,
      [
        ['cell2', 'instances', 'uuid'],
        ['nova_api', 'instance_mappings', 'instance_uuid'],
      ],
    ],
  ] as const)(
    'returns 404 to the former project of a server that Nova has moved to another project: %s',
    async (_how, uuid, places) => {
      const list = `${uuid}/os-instance-actions`;
      expect(await ask(list)).toMatchObject({ status: 200, source: null });
      for (const [database, table, column] of places) await move(database, table, `${column} = '${uuid}'`);
      expect(await ask(list)).toMatchObject({ status: 404, source: null });
      expect(await ask(list, { persona: 'bob' })).toMatchObject({ status: 200, source: null });
      expect(await ask(list, { persona: 'admin' })).toMatchObject({ status: 200, source: null });
    },
  );

  it('returns an action from the copy if Nova no longer has it, even at version 2.1, but lists only actions that Nova has', async () => {
    const show = `${TIE}/os-instance-actions/${TIE_REQUEST}`;
    const before = await ask(show, { version: '2.1' });
    await change(
      'cell1',
      `DELETE FROM instance_actions WHERE instance_uuid = '${TIE}' AND request_id = '${TIE_REQUEST}'`,
    );
    expect(await ask(show, { version: '2.1' })).toEqual({ ...before, source: FROM_COPY });
    expect(before.status).toBe(200);
    const list = await ask(`${TIE}/os-instance-actions`);
    expect([list.status, list.source, list.body.includes(TIE_REQUEST)]).toEqual([200, null, false]);
    expect(await ask(`${TIE}/os-instance-actions?marker=${TIE_REQUEST}`)).toMatchObject({
      status: 400,
      source: null,
    });
  });

  it('returns the same response at each version from 2.21 after Nova has deleted the rows of a server', async () => {
    const actions = `${BUSY}/os-instance-actions`;
    const paths = [
      actions,
      `${actions}?limit=2`,
      `${actions}?limit=2&marker=${BUSY_REQUEST}`,
      `${actions}?changes-since=2026-01-14T00:00:00Z&limit=3`,
      `${actions}?changes-before=2026-01-14T00:00:00Z`,
      `${actions}/${BUSY_REQUEST}`,
      `${actions}/${MANY_REQUEST}`,
      `${actions}?marker=${MANY_REQUEST}`,
    ];
    const askAll = async (): Promise<Answer[][]> =>
      Promise.all(
        VERSIONS.map(async (version) => {
          const requests = ['alice', 'admin'].flatMap((persona) =>
            paths.map((path) => ask(path, { persona, version })),
          );
          return Promise.all([...requests, ask(actions, { persona: 'nora', version })]);
        }),
      );
    const before = await askAll();
    await purge('cell1', BUSY);
    const after = await askAll();
    for (const [index, answers] of after.entries()) {
      expect(answers).toEqual(
        index < FIRST_WITH_DELETED
          ? answers.map(() => ({ status: 404, source: null, body: NOT_FOUND }))
          : before[index]?.map((answer) => ({ ...answer, source: sourceOf(answer) })),
      );
    }
    const statuses = new Set(before.flat().map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 400, 403, 404]);
  });

  it('returns 404 to another project, and for the other forms of a UUID that Nova does not find', async () => {
    const list = await ask(`${BUSY}/os-instance-actions`);
    expect(list).toMatchObject({ status: 200, source: FROM_COPY });
    expect(await ask(`${BUSY.toUpperCase()}/os-instance-actions`)).toMatchObject({
      status: 200,
      source: FROM_COPY,
    });
    expect(await ask(`${BUSY}/os-instance-actions`, { persona: 'bob' })).toMatchObject({
      status: 404,
      source: null,
    });
    for (const form of [
      `%7B${BUSY}%7D`,
      BUSY.replaceAll('-', ''),
      `urn:uuid:${BUSY}`,
      `${BUSY}%20`,
      `${BUSY}%25`,
    ])
      expect(await ask(`${form}/os-instance-actions`)).toMatchObject({ status: 404, source: null });
    const show = `${BUSY}/os-instance-actions/${BUSY_REQUEST}`;
    for (const requestId of [
      '%25',
      `${BUSY_REQUEST.slice(0, -1)}_`,
      `${BUSY_REQUEST.slice(0, -1)}%F0%9F%98%80`,
    ])
      expect(await ask(`${BUSY}/os-instance-actions/${requestId}`)).toMatchObject({
        status: 404,
        source: FROM_COPY,
      });
    expect(await ask(show)).toMatchObject({ status: 200, source: FROM_COPY });
  });

  it('lets web pages read the header, counts the requests that use the copy, and uses no copy for other resources', async () => {
    const web = keep(await nova.start({ CORS_ORIGINS: 'https://horizon.example.org' }));
    const exposed = async (uuid: string): Promise<string | null> => {
      const response = await fetch(`${web.url}/v2.1/servers/${uuid}/os-instance-actions`, {
        headers: {
          'X-Auth-Token': personaTokens['admin'] ?? '',
          'OpenStack-API-Version': 'compute 2.21',
          Origin: 'https://horizon.example.org',
        },
      });
      return response.headers.get('access-control-expose-headers');
    };
    expect(await exposed(BUSY)).toMatch(/,Action-Log-Source$/);
    expect(await exposed(SEED)).not.toMatch(/Action-Log-Source/i);
    const samples = parseMetrics(await (await fetch(`${web.url}/metrics`)).text());
    expect(total(samples, 'copied_responses_total', { reason: 'absent' })).toBe(1);
    expect(total(samples, 'copied_responses_total')).toBe(1);
    expect(await ask(`${BUSY}/migrations`, { persona: 'admin' })).toMatchObject({
      status: 404,
      source: null,
    });
    expect(await ask('../os-instance_usage_audit_log', { persona: 'admin' })).toMatchObject({
      status: 200,
      source: null,
    });
  });

  it('omits the time from the header until the recorder has copied all older rows of the cell', async () => {
    await nova.change(
      "INSERT INTO record_ranges (cell, from_id, to_id, next_id, stage) SELECT number, 0, 9, 9, 'gaps' FROM record_cells",
    );
    expect(await ask(`${BUSY}/os-instance-actions`)).toMatchObject({ status: 200, source: FROM_COPY });
    await nova.change("UPDATE record_ranges SET stage = 'actions'");
    expect(await ask(`${BUSY}/os-instance-actions`)).toMatchObject({ status: 200, source: 'copy' });
    await nova.change('DELETE FROM record_ranges');
  });

  describe('while a database is unreachable', () => {
    it('returns the actions of the copy while the cell is silent, and then those of the cell', async () => {
      const quick = keep(await nova.start(DEFAULT_TIMEOUTS));
      const show = `${SEED}/os-instance-actions/${SEED_REQUEST}`;
      const before = await ask(show, { persona: 'tenant', of: quick });
      expect(before).toMatchObject({ status: 200, source: null });
      nova.relays.cell1.fallSilent();
      try {
        expect(await ask(show, { persona: 'tenant', of: quick })).toEqual({ ...before, source: FROM_COPY });
        expect(await ask(show, { persona: 'tenant', of: quick })).toEqual({ ...before, source: FROM_COPY });
        expect(await ask(show, { persona: 'bob', of: quick })).toMatchObject({ status: 503, source: null });
      } finally {
        await nova.relays.cell1.resume();
      }
    });

    it('returns 503 to the former project of a server that Nova has moved to another project, if the cell is unreachable', async () => {
      const list = `${TIE}/os-instance-actions`;
      await nova.relays.cell1.refuse();
      try {
        expect(await ask(list)).toMatchObject({ status: 200, source: FROM_COPY });
        await move('nova_api', 'instance_mappings', `instance_uuid = '${TIE}'`);
        expect(await ask(list)).toMatchObject({ status: 503, source: null });
        await change(
          'nova_api' as CellName,
          `UPDATE instance_mappings SET project_id = '${PROJECT_OF_ALICE}' WHERE instance_uuid = '${TIE}'`,
        );
        expect(await ask(list)).toMatchObject({ status: 200, source: FROM_COPY });
      } finally {
        await nova.relays.cell1.resume();
      }
    });

    it('returns the same 503 as without a copy for a server that the copy lacks, if the cell is unreachable', async () => {
      const without = keep(await nova.start({ COPY_FALLBACK: 'off' }));
      await nova.change('UPDATE copied_instances SET uuid = NULL WHERE server_uuid = ?', [SEED]);
      await nova.relays.cell1.refuse();
      try {
        const list = `${SEED}/os-instance-actions`;
        const answer = await ask(list, { persona: 'tenant' });
        expect(answer).toMatchObject({ status: 503, source: null });
        expect(await ask(list, { persona: 'tenant', of: without })).toEqual(answer);
      } finally {
        await nova.relays.cell1.resume();
        await nova.change('UPDATE copied_instances SET uuid = server_uuid WHERE server_uuid = ?', [SEED]);
      }
    });

    it("returns Nova's 404 while the copy is silent", async () => {
      const quick = keep(await nova.start(DEFAULT_TIMEOUTS));
      expect(await ask(`${BUSY}/os-instance-actions`, { of: quick })).toMatchObject({ source: FROM_COPY });
      nova.relays.copy.fallSilent();
      try {
        expect(await ask(`${BUSY}/os-instance-actions`, { of: quick })).toMatchObject({
          status: 404,
          source: null,
        });
      } finally {
        await nova.relays.copy.resume();
      }
    });
  });
});

/** Returns the header of the same response from the copy. The service checks parameters before it finds the server. */
function sourceOf({ body }: Answer): string | null {
  return body.includes('Additional properties') ? null : FROM_COPY;
}

const PROJECT_OF_ALICE = personas['alice']?.project_id ?? '';
const PROJECT_OF_BOB = personas['bob']?.project_id ?? '';

const NOT_FOUND = JSON.stringify({
  itemNotFound: { code: 404, message: `Instance ${BUSY} could not be found.` },
});
