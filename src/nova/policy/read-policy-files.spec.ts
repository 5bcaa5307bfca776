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
    'the text of a policy file may hold no rules: %j',
    (text) => {
      expect(readPolicyText(text)).toEqual({});
    },
  );

  it('the last of two rules of one name in a policy file counts', () => {
    expect(readPolicyText('a: "@"\na: "!"\n')).toEqual({ a: '!' });
  });

  it('a policy file may hold values that are no rules, which deny later', () => {
    expect(readPolicyText('a: no\nb: 7\nd: [x, [z]]\n')).toEqual({
      a: false,
      b: 7,
      d: ['x', ['z']],
    });
  });

  it.each([
    ['a name without a rule', 'a: "!"\nb:\n', '"b" has no rule; write "!" for nobody, "@" for everybody'],
    ['a list', '- a', 'it must hold rules by name, such as "name": "role:reader"'],
    ['a word', 'hello', 'it must hold rules by name, such as "name": "role:reader"'],
    ['two documents', 'a: b\n---\nc: d\n', 'Source contains multiple documents'],
    ['an unquoted @', 'a: @', 'Plain value cannot start with reserved character @ at line 1, column 4'],
    ['an unquoted !', '"a": !\n', 'a ! must stand in quotes to be a rule: "!"'],
    ['a tag of a program', 'a: !!python/object:os.system b', 'Unresolved tag'],
    ['an open brace', '{"a": "b"', 'Flow map'],
    ['a flood of aliases', flood(), 'Excessive alias count'],
  ])('the text of a policy file is refused in one line with %s', (_what, text, problem) => {
    const read = (): unknown => readPolicyText(text);
    expect(read).toThrow(PolicyTextError);
    expect(read).toThrow(problem);
    expect(read).not.toThrow('\n');
  });
});

/** A few lines that would be gigabytes with every alias written out. */
function flood(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level += 1) {
    const aliases = Array(10)
      .fill(`*a${level - 1}`)
      .join(', ');
    lines.push(`a${level}: &a${level} [${aliases}]`);
  }
  return lines.join('\n');
}
