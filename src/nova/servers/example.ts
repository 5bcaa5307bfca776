import type { EntityManager } from 'typeorm';

/** The user and the project of the token `demo-tenant`. Nova's documentation uses the same ids. */
const TENANT = { user_id: '35746', project_id: '453265' };
const STRANGER = { user_id: '99001', project_id: '990000' };

/** The user and the project of the token `demo-admin`. */
export const OPERATOR = { user_id: '35747', project_id: '453265' };

/** Returns the name of an example host. */
export const exampleHost = (number: number): string => `compute-${number}.example.org`;
export const exampleAddress = (number: number): string => `192.0.2.${10 + number}`;

/**
 * The servers of the example data. The name of each says what happened to the server. Each module inserts its own rows
 * about these servers.
 */
export const exampleServers = {
  /** The server that Nova's documentation uses as example. */
  documented: server('86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff', '2013-07-12T21:35:37Z', 'c-10-13-129-72'),
  resizeFailed: server('11111111-1111-4111-8111-111111111111', '2026-03-02T09:00:00Z', exampleHost(2)),
  rescheduled: server('22222222-2222-4222-8222-222222222222', '2026-03-02T12:00:00Z', exampleHost(2)),
  noHostFound: server('33333333-3333-4333-8333-333333333333', '2026-03-02T13:00:00Z', null),
  moving: server('44444444-4444-4444-8444-444444444444', '2026-03-03T09:00:00Z', exampleHost(1)),
  deleted: server('55555555-5555-4555-8555-555555555555', '2026-03-02T14:00:00Z', exampleHost(2)),
  ofOtherProject: {
    ...server('66666666-6666-4666-8666-666666666666', '2026-03-02T15:00:00Z', exampleHost(3)),
    ...STRANGER,
  },
};

function server(uuid: string, created: string, host: string | null) {
  return { uuid, ...TENANT, host, display_name: 'example', created_at: new Date(created) };
}

export async function insertExampleServers(manager: EntityManager): Promise<void> {
  await manager.insert('instances', Object.values(exampleServers));
  const { uuid } = exampleServers.deleted;
  const deleted_at = new Date('2026-03-02T18:00:05Z');
  await manager.update('instances', { uuid }, { deleted_at, deleted: () => 'id' });
}
