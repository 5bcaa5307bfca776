import { describe, expect, it } from '@jest/globals';
import { trimEnd } from './trim-end.js';

describe('what stands at the end of a text', () => {
  it.each([
    ['', ''],
    ['   ', ''],
    ['text', 'text'],
    ['text  ', 'text'],
    ['  a  b ', '  a  b'],
    ['text \t', 'text \t'],
    [`${' '.repeat(200_000)}x`, `${' '.repeat(200_000)}x`],
  ])('trimEnd takes away what stands at the end of a text and nothing else: %.20j', (text, trimmed) => {
    expect(trimEnd(text, ' ')).toBe(trimmed);
  });
});
