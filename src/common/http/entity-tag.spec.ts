import { expect, it } from '@jest/globals';
import { entityTag, namesTag } from './entity-tag.js';

const TAG = entityTag('a body');

it('different bodies have different entity tags', () => {
  expect(TAG).toMatch(/^"[\w-]{43}"$/);
  expect(entityTag('another body')).not.toBe(TAG);
});

it.each([TAG, `W/${TAG}`, `"other", ${TAG}`, `"a,b",W/${TAG} , "c"`, '*', ' * '])(
  'If-None-Match names the entity tag: %s',
  (header) => {
    expect(namesTag(header, TAG)).toBe(true);
  },
);

it.each([undefined, '', '"other"', 'W/"other"', TAG.slice(1), TAG.slice(1, -1), `x${TAG.slice(1)}`, '"*"'])(
  'If-None-Match does not name the entity tag: %s',
  (header) => {
    expect(namesTag(header, TAG)).toBe(false);
  },
);
