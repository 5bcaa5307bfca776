import { describe, expect, it } from '@jest/globals';
import { isNoneString, parseBoolean } from './boolean.js';

describe('a boolean in a query, as Nova reads it', () => {
  it.each([
    ['True', true],
    [' Y ', true],
    ['f', false],
    ['OFF', false],
    ['2', undefined],
    ['', undefined],
    ['none', undefined],
  ])("a query's boolean %j is read as %p", (text, value) => {
    expect(parseBoolean(text)).toBe(value);
  });

  it("a query's boolean is no value if its text is none, in any letter case", () => {
    expect(['none', 'None', ' none', ''].map(isNoneString)).toEqual([true, true, false, false]);
  });
});
