import { describe, expect, it } from '@jest/globals';
import { isNoneString, parseBoolean } from './boolean.js';

describe('a boolean in a query string', () => {
  it.each([
    ['True', true],
    [' Y ', true],
    ['f', false],
    ['OFF', false],
    ['2', undefined],
    ['', undefined],
    ['none', undefined],
  ])('a boolean in a query string is read as in Nova: %j is %p', (text, value) => {
    expect(parseBoolean(text)).toBe(value);
  });

  it('a boolean in a query string has no value if the text is "none" in any letter case', () => {
    expect(['none', 'None', ' none', ''].map(isNoneString)).toEqual([true, true, false, false]);
  });
});
