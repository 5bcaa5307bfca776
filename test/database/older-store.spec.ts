import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ownStore } from '../support/databases/own-store.js';
import { type RunningService, personaTokens, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';

const COMMON = `id integer PRIMARY KEY AUTOINCREMENT NOT NULL, created_at datetime, updated_at datetime,
  deleted_at datetime, deleted integer DEFAULT (0)`;
const SERVER = 'b0b0b0b0-0000-4000-8000-000000000001';

/**
 * The statements that create the service's own database as the first release did, with tables only for actions and
 * events.
 */
const OLDER = [
  `CREATE TABLE nova_action_log_migrations
     (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, timestamp bigint NOT NULL, name varchar NOT NULL)`,
  `INSERT INTO nova_action_log_migrations (timestamp, name) VALUES (1700000000000, 'CreateOwnTables1700000000000')`,
  `CREATE TABLE instances (${COMMON}, uuid varchar(36) COLLATE NOCASE NOT NULL, project_id varchar(255),
     user_id varchar(255), host varchar(255), display_name varchar(255))`,
  `CREATE UNIQUE INDEX instances_uuid_idx ON instances (uuid)`,
  `CREATE TABLE instance_actions (${COMMON}, action varchar(255), instance_uuid varchar(36) COLLATE NOCASE,
     request_id varchar(255) COLLATE NOCASE, user_id varchar(255), project_id varchar(255), start_time datetime,
     finish_time datetime, message varchar(255))`,
  `CREATE INDEX instance_actions_instance_uuid_created_at_idx ON instance_actions (instance_uuid, created_at, id)`,
  `CREATE INDEX instance_actions_instance_uuid_request_id_idx ON instance_actions (instance_uuid, request_id)`,
  `CREATE INDEX instance_actions_instance_uuid_updated_at_idx ON instance_actions (instance_uuid, updated_at)`,
  `CREATE TABLE instance_actions_events (${COMMON}, event varchar(255), action_id integer, start_time datetime,
     finish_time datetime, result varchar(255), traceback text, host varchar(255), details text)`,
  `CREATE INDEX instance_actions_events_action_id_created_at_idx
     ON instance_actions_events (action_id, created_at, id)`,
  `INSERT INTO instances (uuid) VALUES ('${SERVER}')`,
  `INSERT INTO instance_actions (instance_uuid, request_id, action) VALUES ('${SERVER}', 'req-1', 'reboot')`,
];

let store: TestStore;
let service: RunningService | undefined;

beforeEach(async () => {
  store = await createSqlite();
  await withStore(async (source) => {
    for (const statement of OLDER) await source.query(statement);
  });
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await store.remove();
});

async function withStore<Result>(work: (source: DataSource) => Promise<Result>): Promise<Result> {
  const source = await ownStore(store.url).initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

async function actions(): Promise<unknown> {
  const answer = await fetch(`${service?.url ?? ''}/v2.1/servers/${SERVER}/os-instance-actions`, {
    headers: { 'X-Auth-Token': personaTokens['admin'] ?? '' },
  });
  const { instanceActions } = (await answer.json()) as { instanceActions: { request_id: string }[] };
  return instanceActions.map(({ request_id }) => request_id);
}

describe('a database of the first release', () => {
  it('migrating a database of the first release keeps the existing rows and inserts no example rows', async () => {
    service = await startService({ DATABASE_URL: store.url });
    expect(await actions()).toEqual(['req-1']);
    await service.stop();
    service = undefined;
    await withStore(async (source) => {
      expect(await source.query('SELECT uuid FROM instances')).toEqual([{ uuid: SERVER }]);
      expect(await source.showMigrations()).toBe(false);
    });
    service = await startService({ DATABASE_URL: store.url });
    expect(await actions()).toEqual(['req-1']);
  });
});
