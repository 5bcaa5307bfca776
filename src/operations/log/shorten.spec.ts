import { describe, expect, it } from '@jest/globals';
import { shorten } from './shorten.js';

function line(fields: object): string {
  return `${JSON.stringify(fields)}\n`;
}

/** Returns the texts of a line by the names of their fields. A nested text has a name such as `error.stack`. */
function textsOf(
  fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>,
): [string, string][] {
  return Object.entries(fields).flatMap<[string, string]>(([name, value]) =>
    typeof value === 'string'
      ? [[name, value]]
      : Object.entries(value).map<[string, string]>(([inner, text]) => [`${name}.${inner}`, text]),
  );
}

describe('shorten, for a line within the limit', () => {
  it.each([line({}), line({ msg: 'x'.repeat(80), nested: { a: [1, null] } })])(
    'a log line within the limit stays unchanged: %s',
    (short) => {
      expect(shorten(short, 120)).toBe(short);
    },
  );
});

describe('shorten, for a line above the limit', () => {
  it.each<[string, Parameters<typeof textsOf>[0]]>([
    ['a long text', { level: 'info', msg: 'x'.repeat(10_000) }],
    ['two long texts', { level: 'info', msg: 'x'.repeat(3_000), path: 'y'.repeat(3_000) }],
    ['an error', { level: 'error', error: { type: 'Error', stack: 'at somewhere\n'.repeat(1_000) } }],
    ['characters of three bytes in UTF-8', { msg: '…'.repeat(5_000) }],
    ['characters that JSON escapes with six characters', { msg: '\u0001'.repeat(5_000) }],
    ['characters of two UTF-16 code units', { msg: '😀'.repeat(5_000) }],
  ])('a log line above the limit is shortened and remains valid JSON: %s', (_what, fields) => {
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
