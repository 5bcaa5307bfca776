import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import type { DataSource, QueryRunner } from 'typeorm';
import { CALLERS, type Caller, tokenOf } from '../support/action-log/callers.js';
import { LogClient } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { copyRows, onCell } from '../support/copy/copied-rows.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { createNovaDatabases, type NovaDatabases, type NovaRows } from '../support/nova/databases.js';
import { accountOf, createLogin, dropLogin, newLogin } from '../support/nova/logins.js';
import type { RunningService } from '../support/service/service.js';
import { readRecordKeys } from '../../src/ledger/actions/record-keys.js';
import { Place } from '../../src/ledger/record/entry.js';

const uuid = (number: number): string => `5e7e5e7e-0000-4000-8000-${String(number).padStart(12, '0')}`;
const PROJECT = CALLERS.tenant.project_id;
const OTHER_PROJECT = CALLERS.otherTenant.project_id;

/** Servers of Nova: one that is copied, one that is not copied yet, and one that Nova no longer has. */
const [COPIED, RECENT, PURGED] = [uuid(1), uuid(2), uuid(3)] as const;
/** Servers that services have registered. */
const [OWN, FOREIGN] = [uuid(4), uuid(5)] as const;
const ABSENT = uuid(6);
const DELETED = uuid(7);

/** The privileges of the documentation, for a service that records beside Nova. */
function documentedGrants(database: string, account: string): string[] {
  const page = readFileSync(new URL('../../docs/keeping-the-log.md', import.meta.url), 'utf8');
  const grants = [...page.matchAll(/^GRANT ([A-Z, ]+) ON action_log\.(\S+) TO service;$/gm)];
  return grants.map(([, rights = '', table = '']) => `GRANT ${rights} ON ${database}.${table} TO ${account}`);
}

describe('recording beside Nova with the documented privileges', () => {
  let databases: NovaDatabases;
  let service: RunningService;
  let client: LogClient;
  let source: DataSource;
  let settings: Readonly<Record<string, string>>;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const server = keep(await mariaDb());
    databases = keep(await createNovaDatabases(server));
    const nova = (id: number, of: string): NovaRows => ({
      instances: [{ id, cell: 'cell1', uuid: of, project_id: PROJECT, deleted: 0 }],
      instance_mappings: [{ cell: 'cell1', instance_uuid: of, project_id: PROJECT }],
      instance_actions: [
        { id, cell: 'cell1', instance_uuid: of, action: 'create', request_id: `req-${id}`, deleted: 0 },
      ],
    });
    await databases.fill(nova(1, COPIED));
    await databases.fill(nova(3, PURGED));
    const url = await server.createDatabase('actions');
    await migrateOwnStore(url);
    await copyRows(databases, url, Place.main);
    await databases.fill(nova(2, RECENT));
    await onCell(databases, 'cell1', async (connection) => {
      for (const table of ['instance_actions', 'instances'])
        await connection.query(`DELETE FROM ${table} WHERE id = 3`);
      await connection.query(
        `DELETE FROM ${new URL(databases.adminUrl('nova_api')).pathname.slice(1)}.instance_mappings WHERE instance_uuid = ?`,
        [PURGED],
      );
    });
    source = keep(await ownStore(url).initialize());
    const login = newLogin('recording');
    const admin = await createConnection(url);
    keep({ close: () => admin.end() });
    await createLogin(admin, login, documentedGrants(new URL(url).pathname.slice(1), accountOf(login)));
    keep({ close: () => dropLogin(admin, login) });
    const limited = new URL(url);
    [limited.username, limited.password] = [login.username, encodeURIComponent(login.password)];
    settings = {
      ...{ NOVA_API_DATABASE_URL: databases.apiUrl, DATABASE_URL: limited.href, MIGRATE_ON_START: 'false' },
    };
    service = keep(await startLogService({ ...settings, HTTP_RECORDING: 'on' }));
    client = await LogClient.of(service);
  });

  const begin = (server: object, caller: Caller = 'service') =>
    client.send(
      caller,
      'POST',
      '',
      {},
      { actions: [{ server, action: 'backup', request_id: 'req-backup', status: 'success' }] },
    );

  async function novaActions(caller: Caller, of: string, version = '2.84'): Promise<[number, unknown]> {
    const response = await fetch(`${service.url}/v2.1/servers/${of}/os-instance-actions`, {
      headers: { 'X-Auth-Token': tokenOf(caller), 'OpenStack-API-Version': `compute ${version}` },
    });
    return [response.status, await response.json()];
  }

  it('a service cannot move a server of Nova to another project, whether or not the copy has the server', async () => {
    for (const id of [COPIED, RECENT, PURGED])
      expect(await begin({ id, project_id: OTHER_PROJECT })).toMatchObject({
        status: 409,
        body: { type: '/action-log/problems/other-owner' },
      });
    expect(await source.query('SELECT uuid FROM instances')).toEqual([]);
    expect((await begin({ id: ABSENT })).body).toMatchObject({
      errors: [{ pointer: '/actions/0/server/project_id' }],
    });
  });

  it('an action that a service records on a server of Nova is in the log of all servers, and Nova’s API does not change', async () => {
    const before = await Promise.all(
      [COPIED, RECENT, PURGED].flatMap((of) =>
        ['2.1', '2.84'].map((version) => novaActions('tenant', of, version)),
      ),
    );
    for (const id of [COPIED, RECENT, PURGED]) {
      expect((await begin({ id })).body).toMatchObject({ actions: [{ project_id: PROJECT, server_id: id }] });
      expect((await client.get('tenant', `?server_id=${id}&action=backup`)).body).toMatchObject({
        actions: [{ server_id: id }],
      });
    }
    const after = await Promise.all(
      [COPIED, RECENT, PURGED].flatMap((of) =>
        ['2.1', '2.84'].map((version) => novaActions('tenant', of, version)),
      ),
    );
    expect(after).toEqual(before);
    expect(before.map(([status]) => status)).toEqual([200, 200, 200, 200, 404, 200]);
  });

  it('an action that the recorder has copied from Nova cannot be changed', async () => {
    const [row] = await source.query<{ id: string }[]>('SELECT id FROM copied_instance_actions');
    const { ids } = await readRecordKeys(source);
    const [id] = ids.permute('action', [Number(row?.id)]);
    expect(await client.send('service', 'PATCH', `/${id}`, {}, { status: 'error' })).toMatchObject({
      status: 403,
      body: { type: '/action-log/problems/recorded-from-nova' },
    });
  });

  it('Nova’s API shows the actions on a registered server to its project at any microversion, and sends the same statements for a foreign and an absent server', async () => {
    await begin({ id: OWN, project_id: PROJECT });
    await begin({ id: FOREIGN, project_id: OTHER_PROJECT });
    for (const version of ['2.1', '2.84'])
      expect(await novaActions('tenant', OWN, version)).toMatchObject([
        200,
        { instanceActions: [{ action: 'backup' }] },
      ]);
    const runner = source.createQueryRunner();
    const query = jest.spyOn(Object.getPrototypeOf(runner) as QueryRunner, 'query');
    const statements = async (of: string): Promise<string[]> => {
      query.mockClear();
      expect((await novaActions('tenant', of))[0]).toBe(404);
      return query.mock.calls.map(([sql]) => sql).sort();
    };
    try {
      await statements(ABSENT);
      const absent = await statements(ABSENT);
      expect(absent.filter((sql) => sql.includes(' instances '))).not.toEqual([]);
      expect(await statements(FOREIGN)).toEqual(absent);
    } finally {
      query.mockRestore();
      await runner.release();
    }
    expect((await novaActions('admin', FOREIGN))[0]).toBe(200);
  });

  it('Nova’s API shows the actions on an imported server that is deleted from microversion 2.21 on, as for other deleted servers', async () => {
    const line = {
      ...{ id: 1, server_id: DELETED, project_id: PROJECT, action: 'delete', status: 'success' },
      server: { id: DELETED, deleted_at: '2026-11-02T04:16:20Z' },
    };
    const headers = { 'Content-Type': 'application/x-ndjson' };
    const imported = await client.send('service', 'POST', ':import?import=a', headers, JSON.stringify(line));
    expect([imported.status, imported.body]).toMatchObject([200, { imported: 1 }]);
    expect((await novaActions('tenant', DELETED, '2.20'))[0]).toBe(404);
    expect(await novaActions('tenant', DELETED, '2.21')).toMatchObject([
      200,
      { instanceActions: [{ action: 'delete' }] },
    ]);
  });

  it('without HTTP_RECORDING, the service has no routes that record, and does not show registered servers in Nova’s API', async () => {
    const reading = keep(await startLogService(settings));
    const headers = { 'X-Auth-Token': tokenOf('service'), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ actions: [{ server: { id: OWN }, action: 'backup' }] });
    const answer = await fetch(`${reading.url}/action-log/v1/actions`, { method: 'POST', headers, body });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).not.toContain('POST');
    const document = (await (await fetch(`${reading.url}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    expect(Object.keys(document.paths['/action-log/v1/actions'] ?? {})).toEqual(['get']);
    const shown = await fetch(`${reading.url}/v2.1/servers/${OWN}/os-instance-actions`, {
      headers: { 'X-Auth-Token': tokenOf('tenant') },
    });
    expect(shown.status).toBe(404);
    expect((await client.get('tenant', `?server_id=${OWN}`)).body).toMatchObject({
      actions: [{ server_id: OWN }],
    });
  });
});
