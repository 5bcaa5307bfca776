import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../config/settings.js';
import type { RequestContext } from '../identity/request-context.js';
import { PagedQuery } from './migrations.query.js';
import { MigrationsService } from './migrations.service.js';
import type { ServerMigrationRow, MigrationsStore } from './migrations.store.js';

function row(part: Partial<ServerMigrationRow>): ServerMigrationRow {
  return {
    uuid: null,
    hidden: 0,
    created_at: '2026-03-29 00:00:00',
    updated_at: null,
    ...part,
  } as ServerMigrationRow;
}

async function listed(rows: readonly ServerMigrationRow[]): Promise<readonly ServerMigrationRow[]> {
  const store = { page: () => Promise.resolve(rows) } as unknown as MigrationsStore;
  const service = new MigrationsService({ MAX_LIMIT: 1_000 } as Settings, store);
  return (await service.list({} as RequestContext, new PagedQuery(), { view: 'internal', fields: {} })).items;
}

describe('a list of migrations', () => {
  let zone: string | undefined;

  beforeEach(() => {
    zone = process.env.TZ;
  });

  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it.each(['UTC', 'Europe/Berlin'])(
    'a list of migrations contains only the last changed record of a migration that has two records, in the time zone %s',
    async (TZ) => {
      process.env.TZ = TZ;
      // In the time zone of Berlin, this time does not exist: on this day, clocks are put forward from 2:00 to 3:00. In
      // UTC it exists.
      const earlier = row({ uuid: 'a', id: 1, updated_at: '2026-03-29 02:30:00.000000' });
      const later = row({ uuid: 'a', id: 2, updated_at: '2026-03-29 03:10:00' });
      expect(await listed([earlier, later])).toEqual([later]);
      expect(await listed([later, earlier])).toEqual([later]);
    },
  );

  it('a list of migrations contains two records without a UUID as two migrations, even if their ids are equal', async () => {
    const [one, other] = [row({ id: 1, source_compute: 'one' }), row({ id: 1, source_compute: 'other' })];
    expect(await listed([one, other])).toEqual([one, other]);
  });
});
