import { describe, expect, it } from '@jest/globals';
import { PolicyTextError, readPolicyText } from './read-policy-files.js';

describe('the text of a policy file', () => {
  it.each([
    ['YAML', '"a:b": "role:x"  # why\nc: not role:y or project_id:%(project_id)s\n'],
    ['JSON', '{"a:b": "role:x",\n\t"c": "not role:y or project_id:%(project_id)s"}'],
  ])('the text of a policy file may be %s', (_what, text) => {
    expect(readPolicyText(text)).toEqual({
      'a:b': 'role:x',
      c: 'not role:y or project_id:%(project_id)s',
    });
  });

  it.each(['', '\n', '# all commented out\n#"a": "b"\n', '{}\n', '---\n', '[]', 'null', '\ufeff{}'])(
    'the text of a policy file may contain no rules: %j',
    (text) => {
      expect(readPolicyText(text)).toEqual({});
    },
  );

  it('the last of two rules of the same name in a policy file is used', () => {
    expect(readPolicyText('a: "@"\na: "!"\n')).toEqual({ a: '!' });
  });

  it('a policy file may contain values that are not rules; they are read unchanged', () => {
    expect(readPolicyText('a: no\nb: 7\nd: [x, [z]]\n')).toEqual({
      a: false,
      b: 7,
      d: ['x', ['z']],
    });
  });

  it.each([
    [
      'a name without a rule',
      'a: "!"\nb:\n',
      '"b" has no rule; write "!" to deny everybody or "@" to allow everybody',
    ],
    ['a list', '- a', 'it must map names to rules, such as "name": "role:reader"'],
    ['a word', 'hello', 'it must map names to rules, such as "name": "role:reader"'],
    ['two documents', 'a: b\n---\nc: d\n', 'Source contains multiple documents'],
    ['an unquoted @', 'a: @', 'Plain value cannot start with reserved character @ at line 1, column 4'],
    ['an unquoted !', '"a": !\n', 'the rule ! needs quotes: "!"'],
    ['a tag that would run a program', 'a: !!python/object:os.system b', 'Unresolved tag'],
    ['an open brace', '{"a": "b"', 'Flow map'],
    ['aliases that expand to gigabytes', aliasBomb(), 'Excessive alias count'],
  ])(
    'the text of a policy file is rejected with a one-line message if it is or contains %s',
    (_what, text, problem) => {
      const read = (): unknown => readPolicyText(text);
      expect(read).toThrow(PolicyTextError);
      expect(read).toThrow(problem);
      expect(read).not.toThrow('\n');
    },
  );
});

/** Returns a few lines that would need gigabytes if the reader expanded every alias. */
function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level += 1) {
    const aliases = Array(10)
      .fill(`*a${level - 1}`)
      .join(', ');
    lines.push(`a${level}: &a${level} [${aliases}]`);
  }
  return lines.join('\n');
}
