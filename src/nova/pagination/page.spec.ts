import { describe, expect, it } from '@jest/globals';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { parseIsoTime } from '../query/iso-time.js';
import { filterByChangeSecond, mergeNewestFirst } from './page.js';

function item(id: number, part: object = {}) {
  return { id, uuid: `uuid-${id}`, created_at: `2026-01-0${id} 00:00:00`, updated_at: null, ...part };
}

describe('mergeNewestFirst', () => {
  it('mergeNewestFirst returns a row that two databases contain once, and still fills the page', () => {
    const list = [item(5), item(4), item(3)];
    expect(mergeNewestFirst([list, [...list], [item(2)]], 3)).toEqual(list);
  });

  it('mergeNewestFirst returns the latest version of a row that two databases contain', () => {
    const [earlier, later] = [
      item(1, { updated_at: '2026-02-01 00:00:00' }),
      item(1, { updated_at: '2026-02-02 00:00:00' }),
    ];
    expect(mergeNewestFirst([[earlier], [later]], 5)).toEqual([later]);
    expect(mergeNewestFirst([[later], [earlier]], 5)).toEqual([later]);
  });

  it('mergeNewestFirst returns two rows without a UUID unless they are equal', () => {
    const [one, other] = [item(1, { uuid: null, host: 'one' }), item(1, { uuid: null, host: 'other' })];
    expect(mergeNewestFirst([[one], [other], [{ ...one }]], 5)).toEqual([one, other]);
  });

  it('mergeNewestFirst returns two rows with the same UUID if their creation times or ids differ', () => {
    const [one, other] = [item(2, { uuid: 'same' }), item(1, { uuid: 'same' })];
    expect(mergeNewestFirst([[other], [one]], 5)).toEqual([one, other]);
  });
});

/** Returns the conditions that the filter adds to a query, with their values. */
function conditions(since: string | undefined, before: string | undefined): string[] {
  const found: string[] = [];
  const query = {
    andWhere: (condition: string, values: Record<string, string>) =>
      void found.push(condition.replace(/:(\w+)/, (_all, name: string) => values[name] ?? '')),
  };
  const moment = (text: string | undefined) => (text === undefined ? undefined : parseIsoTime(text));
  filterByChangeSecond(query as unknown as SelectQueryBuilder<ObjectLiteral>, {
    since: moment(since),
    before: moment(before),
  });
  return found;
}

describe('filterByChangeSecond', () => {
  it.each([
    ['2026-01-31T23:59:59Z', '2026-01-31 23:59:59', '2026-02-01 00:00:00'],
    ['2026-01-31T23:59:59.000001Z', '2026-02-01 00:00:00', '2026-02-01 00:00:00'],
    ['2026-01-31T10:00:00.999999Z', '2026-01-31 10:00:01', '2026-01-31 10:00:01'],
    ['0001-01-01T00:00:00+05', '0001-01-01 00:00:00', '0001-01-01 00:00:01'],
    ['9999-12-31T23:59:59', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999'],
    ['9999-12-31T23:59:59-05', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
  ])('filterByChangeSecond compares with whole seconds: %s', (time, from, until) => {
    expect(conditions(time, undefined)).toEqual([`item.updated_at >= ${from}`]);
    expect(conditions(undefined, time)).toEqual([`item.updated_at < ${until}`]);
  });
});
