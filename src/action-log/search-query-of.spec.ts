import { expect, it } from '@jest/globals';
import { readApiQuery } from '../nova/query/api-query.js';
import { ActionsQuery } from './action-log.query.js';
import { bindingOf, cellsOf, searchOf } from './search-query-of.js';

function parsed(query: string): ActionsQuery {
  return readApiQuery(ActionsQuery, query);
}

it('a query without parameters is a search for the newest 100 actions', () => {
  expect(searchOf(parsed(''))).toEqual({ conditions: [], sort: 'desc', limit: 100 });
});

it('each filter of a query is a condition of the search', () => {
  const query =
    'status=neq:error&created_at=gte:2026-11-01T00:00:00Z&host=a&host=b&sort=created_at:asc&limit=5000';
  expect(searchOf(parsed(query))).toEqual({
    conditions: [
      { field: 'host', operator: 'in', values: ['a'] },
      { field: 'host', operator: 'in', values: ['b'] },
      { field: 'status', operator: 'nin', values: ['error'] },
      { field: 'created_at', operator: 'gte', values: ['2026-11-01 00:00:00.000000'] },
    ],
    sort: 'asc',
    limit: 1_000,
  });
});

it('a UUID of a server is searched in lower case, as the store has it, and other texts are not changed', () => {
  const uuid = 'ABCDEF01-0000-4000-8000-00000000000A';
  const values = (query: string): unknown =>
    searchOf(parsed(query)).conditions.map((condition) => condition.values);
  expect(values(`server_id=in:${uuid},Name&request_id=${uuid}`)).toEqual([
    [uuid],
    [uuid.toLowerCase(), 'Name'],
  ]);
});

it('conditions on the name of the cell select the numbers of all cells with such a name', () => {
  const cells = [
    { number: 1, name: 'cell1' },
    { number: 2, name: 'cell2' },
    { number: 3, name: 'cell2' },
    { number: 4, name: null },
    { number: 5, name: null },
  ];
  const of = (query: string): unknown => cellsOf(parsed(query).cell, cells);
  expect(of('')).toBeUndefined();
  expect(of('cell=cell1')).toEqual([1]);
  expect(of('cell=in:cell2,cell3')).toEqual([2, 3]);
  expect(of('cell=neq:cell1')).toEqual([0, 2, 3, 4, 5]);
  expect(of('cell=cell1&cell=cell2')).toEqual([]);
});

it('cursors are bound to the filters, the order and the scope, but not to the size of the pages', () => {
  const of = (query: string, project = 'p'): string => bindingOf(parsed(query), { project });
  expect(of('user_id=u&action=a&limit=3&include=events')).toBe(of('action=a&user_id=u'));
  const all = [
    of(''),
    of('', 'q'),
    of('cell=a'),
    of('action=a'),
    of('action=neq:a'),
    of('sort=created_at:asc'),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(bindingOf(parsed(''), { all: true })).not.toBe(of(''));
});
