import fc from 'fast-check';

/** Texts that are known to break some services. */
export const ODD_TEXTS = [
  '',
  '.',
  '..',
  '*',
  '-1',
  'None',
  'null',
  'detail',
  '__proto__',
  'constructor',
  'toString',
  '~1',
  "' OR '1'='1",
  "'; DROP TABLE instances; --",
  '%s%n${7*7}{{7*7}}',
  '<script>alert(1)</script>',
  '../../etc/passwd',
  '\u0000',
  'a\nb\r\nc',
  'ünïcode ☃ 𝄞',
  '\ud800',
  '\u202e\ufeff',
  '1'.repeat(400),
];

/** A random byte of a body, represented by the character with the same code. */
export const anyByte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
/** A character of a request target. HTTP allows other bytes only if they are percent-encoded. */
const targetByte = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const headerByte = fc
  .oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9))
  .map((code) => String.fromCharCode(code));

/** A random text that is valid in a request target. */
export const noise = fc.string({ unit: targetByte, maxLength: 40 });
/** A random text that is valid as the value of a header. */
export const headerNoise = fc.string({ unit: headerByte, maxLength: 40 });

/** Generates one of the given texts. */
export function oneOf(...texts: readonly string[]): fc.Arbitrary<string> {
  return fc.constantFrom(...texts);
}

/** Generates the usual value with the given weight, and each of the other values with weight 1. */
export function mostly<T>(
  usual: fc.Arbitrary<T>,
  weight: number,
  ...others: fc.Arbitrary<T>[]
): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));
}

/** Returns the UTF-8 bytes of a text, each as one character. */
export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Percent-encodes all bytes except those that never need it. */
export function percent(text: string): string {
  return text.replace(/[^\w\-.~]/g, (byte) => percentByte(byte));
}

function percentByte(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Generates encodings of a text in a URL: usually the correct one, but also wrong and modified ones. */
export function encodings(text: string): fc.Arbitrary<string> {
  const bytes = utf8(text);
  const plain = bytes.replace(/[^\x21-\x7e]|[?#]/g, (byte) => percentByte(byte));
  return mostly(
    fc.constant(percent(bytes)),
    8,
    fc.constant(plain),
    fc.constant([...bytes].map(percentByte).join('').slice(0, 6000)),
    fc.constant(percent(percent(bytes))),
    fc.constant(plain.toUpperCase()),
    fc.constant(`{${plain}}`),
    fc.constant(`urn:uuid:${plain.replaceAll('-', '')}`),
    oneOf('%00', '%0a', '%20', '+', '%', '%zz', '%2', '%ff', '%c3%28', '%2f', '%3f', '%5c', ';a=b', '~1').map(
      (end) => plain + end,
    ),
    fc.constant(plain.slice(0, -1)),
    fc
      .tuple(oneOf('a', '0', '%41', '%fe', '~', '%f0%9d%84%9e'), fc.integer({ min: 1, max: 8192 }))
      .map(([unit, length]) => plain + unit.repeat(length / unit.length)),
  );
}
