import { describe, expect, it } from '@jest/globals';
import { shorten } from './shorten.js';

function line(fields: object): string {
  return `${JSON.stringify(fields)}\n`;
}

/** The texts of a line by their names, those of an object within it as `error.stack`. */
function textsOf(
  fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>,
): [string, string][] {
  return Object.entries(fields).flatMap<[string, string]>(([name, value]) =>
    typeof value === 'string'
      ? [[name, value]]
      : Object.entries(value).map<[string, string]>(([inner, text]) => [`${name}.${inner}`, text]),
  );
}

describe('a line that is no longer than the limit', () => {
  it.each([line({}), line({ msg: 'x'.repeat(80), nested: { a: [1, null] } })])(
    'a line that is no longer than the limit stays as it is: %s',
    (short) => {
      expect(shorten(short, 120)).toBe(short);
    },
  );
});

describe('a longer line', () => {
  it.each<[string, Parameters<typeof textsOf>[0]]>([
    ['a long text', { level: 'info', msg: 'x'.repeat(10_000) }],
    ['two of them', { level: 'info', msg: 'x'.repeat(3_000), path: 'y'.repeat(3_000) }],
    ['an error', { level: 'error', error: { type: 'Error', stack: 'at somewhere\n'.repeat(1_000) } }],
    ['characters of three bytes', { msg: '…'.repeat(5_000) }],
    ['characters that JSON writes as six', { msg: '\u0001'.repeat(5_000) }],
    ['characters of two parts', { msg: '😀'.repeat(5_000) }],
  ])('a longer line is shortened, and stays JSON: %s', (_what, fields) => {
    const shorter = shorten(line(fields), 4_096);
    expect(Buffer.byteLength(shorter)).toBeLessThanOrEqual(4_096);
    expect(Buffer.byteLength(shorter)).toBeGreaterThan(2_000);
    expect(shorter.endsWith('}\n')).toBe(true);
    const read = JSON.parse(shorter) as Record<string, string>;
    const texts = textsOf(fields);
    expect(Object.keys(read)).toEqual(texts.map(([name]) => name));
    for (const [name, text] of texts) {
      const kept = read[name]?.replace(/…$/, '') ?? '';
      expect(read[name]).toBe(text.length < 100 ? text : `${kept}…`);
      expect([name, text.startsWith(kept)]).toEqual([name, true]);
    }
  });
});
