import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CursorContent, type CursorKey, cursorKeyNumber, openCursor, sealCursor } from './cursor.js';

const KEYS: readonly CursorKey[] = [1, 2].map((number) => ({ number, secret: Buffer.alloc(32, number) }));
const [KEY, NEWER] = KEYS as [CursorKey, CursorKey];

const keyOf = (number: number): CursorKey | undefined => KEYS.find((key) => key.number === number);

const CONTENT: CursorContent = { direction: 'next', second: 1_795_000_000, id: 2 ** 53 - 1 };

const anyContent = fc
  .record({
    direction: fc.constantFrom('next' as const, 'previous' as const),
    second: fc.nat({ max: 2 ** 32 - 1 }),
    id: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    clock: fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
  })
  .map(({ clock, ...rest }): CursorContent => ({ ...rest, ...(clock !== undefined && { clock }) }));

describe('a cursor', () => {
  it('opens with its key and its binding, and has the same text each time', () => {
    fc.assert(
      fc.property(anyContent, fc.string(), (content, binding) => {
        const text = sealCursor(KEY, content, binding);
        expect(text).toMatch(/^[\w-]{96}$/);
        expect(sealCursor(KEY, content, binding)).toBe(text);
        expect(openCursor(keyOf, text, binding)).toEqual(content);
      }),
    );
  });

  it('opens after the store has got a newer key', () => {
    expect(openCursor(keyOf, sealCursor(NEWER, CONTENT, 'list'), 'list')).toEqual(CONTENT);
    expect(openCursor(keyOf, sealCursor(KEY, CONTENT, 'list'), 'list')).toEqual(CONTENT);
    expect(openCursor(() => undefined, sealCursor(KEY, CONTENT, 'list'), 'list')).toBe('invalid');
  });

  it('names its key', () => {
    expect(cursorKeyNumber(sealCursor(NEWER, CONTENT, 'list'))).toBe(2);
    expect(cursorKeyNumber('')).toBeUndefined();
  });

  it('does not open for another list', () => {
    expect(openCursor(keyOf, sealCursor(KEY, CONTENT, 'list'), 'other list')).toBe('mismatch');
  });

  it('is invalid if any bit or character is changed, or if it is cut', () => {
    const text = sealCursor(KEY, CONTENT, 'list');
    const bytes = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect([bit, openCursor(keyOf, changed.toString('base64url'), 'list')]).toEqual([bit, 'invalid']);
    }
    for (let length = 0; length < text.length; length += 1)
      expect(openCursor(keyOf, text.slice(0, length), 'list')).toBe('invalid');
    for (const other of [`${text}=`, `${text} `, `\n${text}`, text.replace(/.$/, '*'), `${text}AAAA`])
      expect(openCursor(keyOf, other, 'list')).toBe('invalid');
  });
});
