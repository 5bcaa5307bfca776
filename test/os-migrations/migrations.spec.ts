import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { personas } from '../conformance/cases.js';
import { serviceOnStore } from '../support/service/service-on-store.js';
import { storeKinds } from '../support/databases/stores.js';

describe.each(storeKinds)('the marker of a list of migrations, on %s', (_kind, createStore) => {
  const uuids = [1, 2].map(() => randomUUID());
  const projects = ['mona', 'bob'].map((name) => personas[name]?.project_id ?? null);
  const migrations = uuids.map((uuid, index) => ({
    id: index + 1,
    uuid,
    migration_type: 'migration',
    project_id: projects[index] ?? null,
    created_at: `2026-01-0${index + 1} 00:00:00`,
    hidden: 0,
    deleted: 0,
  }));
  const { get } = serviceOnStore(createStore, { migrations });

  /** Returns the UUIDs on the page of migrations that follows the marker, or the status of an error response. */
  async function pageAfter(marker: string, persona = 'admin', query = ''): Promise<unknown> {
    const path = `/v2.1/os-migrations?marker=${encodeURIComponent(marker)}${query}`;
    const [status, body] = await get(path, persona);
    const { migrations: page } = body as { migrations?: { uuid: string }[] };
    return page === undefined ? status : page.map(({ uuid }) => uuid);
  }

  it('the marker of a list of migrations is compared regardless of letter case and of trailing spaces', async () => {
    const [older, newer] = uuids as [string, string];
    expect(await pageAfter(newer)).toEqual([older]);
    expect(await pageAfter(newer.toUpperCase())).toEqual([older]);
    expect(await pageAfter(`${newer}  `)).toEqual([older]);
    expect(await pageAfter(` ${newer}`)).toBe(400);
    expect(await pageAfter(randomUUID())).toBe(400);
  });

  it('a manager gets 400 if the marker is a migration of another project, as for an unknown marker', async () => {
    const [own, foreign] = uuids as [string, string];
    const ofOwn = `&project_id=${projects[0] ?? ''}`;
    expect(await pageAfter(own, 'mona', ofOwn)).toEqual([]);
    expect(await pageAfter(foreign, 'mona', ofOwn)).toBe(400);
    expect(await pageAfter(foreign, 'admin', ofOwn)).toEqual([own]);
  });
});
