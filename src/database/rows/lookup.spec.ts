import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { PROJECT } from '../../common/project.js';
import { type JoinedLookup, lookupSql, withTableNames } from './lookup.js';

const sourceWith = (entityPrefix?: string): DataSource =>
  ({
    options: { type: 'mysql', ...(entityPrefix !== undefined && { entityPrefix }) },
  }) as unknown as DataSource;

const LOOKUP: JoinedLookup = {
  maxKeys: 1,
  maxInFlight: 1,
  key: { table: '{instances}', columns: ['uuid'] },
  select: 'server.id, item.id',
  from: '{instances} server ON server.uuid = wanted.uuid LEFT JOIN {instance_actions} item ON item.id = server.id',
};

describe('the SQL text of a lookup', () => {
  it.each([
    [undefined, ''],
    ['copied_', 'copied_'],
  ])(
    'on a database with the prefix %s, the names of all tables in the text begin with "%s"',
    (prefix, written) => {
      const sql = lookupSql(LOOKUP, sourceWith(prefix), 1);
      expect(sql).toContain(`FROM ${written}instances WHERE 1 = 0`);
      expect(sql).toContain(`STRAIGHT_JOIN ${written}instances server ON`);
      expect(sql).toContain(`LEFT JOIN ${written}instance_actions item ON`);
      expect(sql).not.toMatch(/[{}]/);
    },
  );

  it('braces that contain no table name stay unchanged', () => {
    expect(withTableNames("'{}' {a b} {c}", sourceWith('copied_'))).toBe("'{}' {a b} copied_c");
  });
});

/** A join with a table whose name is not in braces. The compiler checks the first table of a lookup. */
const BARE_JOIN = /\bJOIN\s+(?![{$])\w+\s+\w+\s+ON\b/i;

it('every join in the code of the service names its table in braces, so that the copy can use the same lookups', () => {
  const folder = join(PROJECT, 'src');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const lookups = new Map<string, string>();
  for (const path of paths.filter((one) => one.endsWith('.ts') && !one.endsWith('.spec.ts'))) {
    const code = readFileSync(join(folder, path), 'utf8');
    if (/Lookup\b/.test(code) && /\bJOIN\b/.test(code)) lookups.set(path, code);
  }
  expect([...lookups.keys()]).toContain('instance-actions/instance-actions.store.ts');
  for (const [path, code] of lookups) expect([path, BARE_JOIN.exec(code)?.[0]]).toEqual([path, undefined]);
  expect('LEFT JOIN instance_actions_events event ON event.action_id = item.id').toMatch(BARE_JOIN);
});
