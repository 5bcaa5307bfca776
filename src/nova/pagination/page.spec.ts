import { describe, expect, it } from '@jest/globals';
import { mergeNewestFirst } from './page.js';

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
