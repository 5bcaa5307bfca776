import { describe, expect, it } from '@jest/globals';
import { trimEnd } from './trim-end.js';

describe('trimEnd', () => {
  it.each([
    ['', ''],
    ['   ', ''],
    ['text', 'text'],
    ['text  ', 'text'],
    ['  a  b ', '  a  b'],
    ['text \t', 'text \t'],
    [`${' '.repeat(200_000)}x`, `${' '.repeat(200_000)}x`],
  ])(
    'trimEnd removes the character from the end of a text and from no other position: %.20j',
    (text, trimmed) => {
      expect(trimEnd(text, ' ')).toBe(trimmed);
    },
  );
});
