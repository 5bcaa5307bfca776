import { describe, expect, it } from '@jest/globals';
import { isNone, parseBoolean } from './boolean.js';

describe('a boolean in a query, as Nova reads it', () => {
  it.each([
    ['True', true],
    [' Y ', true],
    ['f', false],
    ['OFF', false],
    ['2', undefined],
    ['', undefined],
    ['none', undefined],
  ])('%j is %p', (text, value) => {
    expect(parseBoolean(text)).toBe(value);
  });

  it('is none where it says so', () => {
    expect(['none', 'None', ' none', ''].map(isNone)).toEqual([true, true, false, false]);
  });
});
