import { expect, it } from '@jest/globals';
import { codeOf, projectCode } from './codes.js';

it('a code depends on the kind and on each character of the text', () => {
  const codes = [codeOf('user', 'a'), codeOf('user', 'A'), codeOf('host', 'a'), codeOf('user', 'a ')];
  expect(new Set(codes).size).toBe(4);
  expect(codeOf('user', 'a')).toBe(codes[0]);
});

it('the codes of stored rows never change', () => {
  expect(codeOf('server', '8b2d3a52-6c1e-4d0e-9c06-5d1fd5f0b1a4')).toBe(1_129_273_141);
  expect(projectCode('4f5e8c1d2a7b49c0a1e2d3c4b5a69788')).toBe(4_704_363_037_404_363);
});

it('the code of null is 0, and the code of an empty text is not', () => {
  expect([codeOf('user', null), projectCode(null)]).toEqual([0, 0]);
  expect(codeOf('user', '')).not.toBe(0);
});

it('a code fits into its column', () => {
  const texts = Array.from({ length: 1_000 }, (_value, index) => `text ${index}`);
  expect(Math.max(...texts.map((text) => codeOf('host', text)))).toBeLessThan(2 ** 32);
  expect(texts.map(projectCode).every(Number.isSafeInteger)).toBe(true);
});
