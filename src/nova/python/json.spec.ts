import { describe, expect, it } from '@jest/globals';
import { parsePythonJson } from './json.js';
import { pythonRepr, pythonStr } from './repr.js';

describe('JSON as Python reads and prints it', () => {
  // Compared with the output of Python 3.11.
  it.each([
    [' [ 1 , -0, 2.0 ] ', '[1, 0, 2.0]'],
    ['{"b": null, "a": 1, "b": [true, false]}', "{'b': [True, False], 'a': 1}"],
    ['[NaN, Infinity, -Infinity, 1E400, -0.0]', '[nan, inf, -inf, inf, -0.0]'],
    [
      '[1e15, 1e16, 1e-4, 1e-5, 123456789.123456789, 71212965132414.125]',
      '[1000000000000000.0, 1e+16, 0.0001, 1e-05, 123456789.12345679, 71212965132414.12]',
    ],
    [
      '[9007199254740993, -12345678901234567890123456789]',
      '[9007199254740993, -12345678901234567890123456789]',
    ],
    [
      String.raw`["it's", "\"", "\n\u0000\u200b", "\u00e9é"]`,
      String.raw`["it's", '"', '\n\x00\u200b', 'éé']`,
    ],
    ['{}', '{}'],
  ])('JSON as Python reads and prints it: %s is %s', (json, printed) => {
    expect(pythonRepr(parsePythonJson(json))).toBe(printed);
  });

  it.each([
    '',
    ' ',
    'nan',
    '-NaN',
    '01',
    '1.',
    '+1',
    '[1,]',
    '{"a"}',
    '{a: 1}',
    "'a'",
    '"\n"',
    '"\\x"',
    '"a',
    '1 2',
    '\ufeff1',
    '[[]',
    'tru',
  ])('malformed JSON is rejected: %j', (json) => {
    expect(() => parsePythonJson(json)).toThrow(SyntaxError);
  });

  it('JSON that is nested too deeply is rejected instead of filling the stack', () => {
    expect(() => parsePythonJson('['.repeat(1_000_000))).toThrow(SyntaxError);
    expect(() => parsePythonJson('{"a":'.repeat(1_000_000))).toThrow(SyntaxError);
  });

  it('an integer of more than 4,300 digits is rejected, as by Python', () => {
    expect(parsePythonJson(`-${'9'.repeat(4_300)}`)).toBe(-(10n ** 4_300n) + 1n);
    expect(() => parsePythonJson('9'.repeat(4_301))).toThrow(SyntaxError);
  });

  it('a text of a million characters without its closing quote is rejected in linear time', () => {
    expect(() => parsePythonJson(`"${'a\\n'.repeat(350_000)}`)).toThrow(SyntaxError);
  });

  it('str() prints a text without quotes, and other values as repr() does', () => {
    expect([pythonStr("it's"), pythonStr(['a']), pythonStr(null)]).toEqual(["it's", "['a']", 'None']);
  });
});
