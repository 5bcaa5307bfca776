import { describe, expect, it } from '@jest/globals';
import { State } from '../actions/action-status.js';
import { codeOf, projectCode } from './codes.js';
import { leadingCodes, plan } from './plan.js';
import type { Condition, SearchQuery } from './search-query.js';

const NOW = '2026-11-27 10:00:00.000000';
const SECOND = Date.parse('2026-11-27T10:00:00Z') / 1_000;
const MAX_SECOND = 2 ** 32 - 1;

function query(conditions: readonly Condition[], rest: Partial<SearchQuery> = {}): SearchQuery {
  return { scope: { all: true }, conditions, sort: 'desc', limit: 100, now: NOW, ...rest };
}

function of(field: 'user_id' | 'action' | 'host' | 'status', ...values: string[]): Condition {
  return { field, operator: 'in', values };
}

const TENANT = { scope: { project: 'p' } };
const SERVER: Condition = { field: 'server_id', operator: 'in', values: ['s'] };

/** Returns the indexes of the plan, and the fields of the conditions that the search must check for each entry. */
function summary(given: SearchQuery): readonly unknown[] {
  const { arms, conditions, states } = plan(given);
  const indexes = new Set(
    arms.map(({ table, index }) => (table === 'search_hosts' ? `${table} ${index}` : index)),
  );
  return [[...indexes], arms.length, conditions.map(({ field }) => field), states?.size];
}

describe('the plan of a search', () => {
  it.each<readonly [title: string, given: SearchQuery, expected: readonly unknown[]]>([
    ['all actions', query([]), [['PRIMARY'], 1, [], undefined]],
    ['a user', query([of('user_id', 'u')]), [['search_by_user_state'], 5, [], undefined]],
    ['a host', query([of('host', 'a', 'b')]), [['search_hosts PRIMARY'], 10, [], undefined]],
    ['errors', query([of('status', 'error')]), [['search_by_state'], 1, [], undefined]],
    [
      'errors of a user on a host',
      query([of('status', 'error'), of('user_id', 'u'), of('host', 'a')]),
      [['search_hosts PRIMARY'], 1, ['user_id'], undefined],
    ],
    ['a project', query([], TENANT), [['search_by_project'], 1, [], undefined]],
    [
      'a host in a project',
      query([of('host', 'a')], TENANT),
      [['search_by_project'], 1, ['host'], undefined],
    ],
    [
      'a user in a project',
      query([of('user_id', 'u'), of('status', 'error')], TENANT),
      [['search_by_project_user'], 1, [], 1],
    ],
    ['a server in a project', query([SERVER], TENANT), [['search_by_server'], 1, [], undefined]],
    [
      'two hosts of one action',
      query([of('host', 'a', 'b'), of('host', 'c')]),
      [['search_hosts PRIMARY'], 5, ['host'], undefined],
    ],
    ['many users', query([of('user_id', 'a', 'b', 'c', 'd', 'e')]), [['PRIMARY'], 1, ['user_id'], undefined]],
  ])('reads one index for %s', (_title, given, expected) => {
    expect(summary(given)).toEqual(expected);
  });

  it('reads only entries of one project if the scope is this project, whatever the conditions are', () => {
    const all = [of('user_id', 'u'), of('action', 'a'), of('host', 'h'), of('status', 'error'), SERVER];
    for (let chosen = 0; chosen < 2 ** all.length; chosen += 1) {
      const conditions = all.filter((_condition, index) => (chosen & (2 ** index)) > 0);
      const { arms } = plan(query(conditions, TENANT));
      expect(arms.map(({ values }) => values.project)).toEqual(arms.map(() => projectCode('p')));
      expect(arms).not.toHaveLength(0);
    }
  });

  it.each<readonly [title: string, given: SearchQuery]>([
    ['another project', query([{ field: 'project_id', operator: 'in', values: ['q'] }], TENANT)],
    ['two users at the same time', query([of('user_id', 'u'), of('user_id', 'v')])],
    [
      'a user that is also excluded',
      query([of('user_id', 'u'), { field: 'user_id', operator: 'nin', values: ['u'] }]),
    ],
    ['no cell', query([], { cells: [] })],
    ['two statuses at the same time', query([of('status', 'error'), of('status', 'success')])],
    [
      'an empty period',
      query([
        { field: 'created_at', operator: 'lt', values: [NOW] },
        { field: 'created_at', operator: 'gte', values: [NOW] },
      ]),
    ],
  ])('reads nothing for %s', (_title, given) => {
    expect(plan(given).arms).toEqual([]);
  });

  it('reads the projects of a server first if the caller sees all projects', () => {
    const given = query([SERVER]);
    const code = codeOf('server', 's');
    expect(leadingCodes(given)).toEqual({ column: 'server', codes: [code] });
    expect(leadingCodes(query([SERVER], TENANT))).toBeUndefined();
    const projects = new Map([[code, [7, 8]]]);
    const { arms } = plan(given, undefined, { column: 'server', codes: [code], projects });
    expect(arms.map(({ index, values }) => [index, values])).toEqual([
      ['search_by_server', { server: code, project: 7 }],
      ['search_by_server', { server: code, project: 8 }],
    ]);
    expect(plan(given, undefined, { column: 'server', codes: [code], projects: new Map() }).arms).toEqual([]);
  });

  it('checks an excluded project for each entry if the server decides the index', () => {
    const excluded: Condition = { field: 'project_id', operator: 'nin', values: ['q'] };
    const code = codeOf('server', 's');
    const leading = { column: 'server', codes: [code], projects: new Map([[code, [7]]]) } as const;
    expect(plan(query([SERVER, excluded]), undefined, leading).conditions).toEqual([excluded]);
  });

  it('checks the age of the last change for a status that depends on the clock', () => {
    const { arms } = plan(query([of('status', 'running', 'unknown')]));
    expect(arms.map(({ values, age }) => [values.state, age])).toEqual([
      [State.open, 'fresh'],
      [State.empty, 'any'],
      [State.unknown, 'any'],
    ]);
  });

  it('splits a range at a cursor into the rest of its second and the other seconds', () => {
    const place = { second: 50, id: 7 };
    const rangesOf = (sort: 'asc' | 'desc', direction: 'next' | 'previous'): unknown =>
      plan(query([], { sort }), { ...place, direction }).arms.map(({ range }) => range);
    const before = [
      { from: 50, to: 50, afterId: 7 },
      { from: 0, to: 49 },
    ];
    const after = [
      { from: 50, to: 50, afterId: 7 },
      { from: 51, to: MAX_SECOND },
    ];
    expect([rangesOf('desc', 'next'), rangesOf('asc', 'previous')]).toEqual([before, before]);
    expect([rangesOf('asc', 'next'), rangesOf('desc', 'previous')]).toEqual([after, after]);
    expect(plan(query([]), { ...place, direction: 'previous' }).order).toBe('asc');
  });

  it('needs no further check for whole seconds of created_at', () => {
    const at = (operator: 'gte' | 'gt' | 'lt' | 'lte', time: string): readonly unknown[] => {
      const { arms, conditions } = plan(query([{ field: 'created_at', operator, values: [time] }]));
      return [arms[0]?.range.from, arms[0]?.range.to, conditions.length];
    };
    const fraction = '2026-11-27 10:00:00.500000';
    expect(at('gte', NOW)).toEqual([SECOND, MAX_SECOND, 0]);
    expect(at('gt', NOW)).toEqual([SECOND, MAX_SECOND, 1]);
    expect(at('lt', NOW)).toEqual([1, SECOND - 1, 0]);
    expect(at('lt', fraction)).toEqual([1, SECOND, 1]);
    expect(at('lte', NOW)).toEqual([1, SECOND, 1]);
    expect(at('lt', '1960-01-01 00:00:00.000000')).toEqual([undefined, undefined, 0]);
  });
});
