import { describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
// @ts-expect-error: the configuration is JavaScript, without types
import config from '../../eslint.config.js';

/** Lints a text as the content of the given file. @returns the messages of one rule */
function messagesOf(rule: string, filename: string, text: string): string[] {
  // The lint rules under test need no type information. Without it, lint is seconds faster.
  const withoutTypes = [...(config as Linter.Config[]), tseslint.configs.disableTypeChecked as Linter.Config];
  return new Linter()
    .verify(text, withoutTypes, { filename })
    .filter(({ ruleId }) => ruleId === rule)
    .map(({ message }) => message);
}

/** Lints a file with this text. @returns the layers that it imports from although it must not */
function forbiddenImports(filename: string, text: string): string[] {
  return messagesOf('layers/import-direction', filename, text).map(
    (message) => / must not import from (.*);/.exec(message)?.[1] ?? message,
  );
}

describe('the lint rule for the direction of imports', () => {
  it('lint reports every form of import from a higher folder', () => {
    const text = `
      import { Database } from '../database/connection/database.js';
      export { Authenticator } from '../identity/authenticator.js';
      export * from '../nova/view/view.js';
      export const load = () => import('../facade/facade.module.js');
      export type Settings = import('../config/settings.js').Settings;
      export type Main = typeof import('../main.js');
      export const make = () => Database;
    `;
    const found = ['database/connection', 'identity', 'nova/view', 'facade', 'config', 'src'];
    expect(forbiddenImports('src/common/error-text.ts', text)).toEqual(found);
  });

  it('lint allows imports of packages, of the same layer and of lower layers', () => {
    const text = `
      import { Injectable } from '@nestjs/common';
      import { withTimeout } from '../../common/with-timeout.js';
      import { NamedRule } from './named-rule.js';
      export { Rule } from './language/check-parser.js';
      export const loaded = [Injectable, within, NamedRule, import('node:net')];
    `;
    expect(forbiddenImports('src/nova/policy/rules-in-force.ts', text)).toEqual([]);
  });

  it.each([
    ['src/nova/url/host.ts', '../policy/rules-in-force.js', 'nova/policy'],
    ['src/nova/policy/language/parser.ts', '../rules-in-force.js', 'nova/policy'],
    ['src/config/kinds/setting-kinds.ts', '../settings.js', 'config'],
    ['src/identity/authenticator.ts', './keystone/token.js', 'identity/keystone'],
    ['src/database/rows/rows.ts', '../cells/cells.js', 'database/cells'],
    ['src/operations/server/tls.ts', '../operations.module.js', 'operations'],
  ])('lint reports that %s imports %s, from a higher layer of its folder', (file, source, layer) => {
    expect(forbiddenImports(file, `import '${source}';`)).toEqual([layer]);
  });

  it('lint reports imports to and from an inner folder that is not in the list of layers', () => {
    expect(forbiddenImports('src/nova/policy/rules-in-force.ts', "import '../new/new.js';")).toEqual([
      'nova/new',
    ]);
    expect(forbiddenImports('src/nova/new/new.ts', "import '../python/repr.js';")).toEqual(['nova/python']);
  });

  it('lint reports that a module imports from another module', () => {
    const text = "import '../os-migrations/migrations.module.js';";
    expect(forbiddenImports('src/instance-actions/any.ts', text)).toEqual(['os-migrations']);
  });

  it('lint allows a module to import the recorder of actions', () => {
    const text = "import '../instance-actions/action-recorder.js';";
    expect(forbiddenImports('src/os-migrations/any.ts', text)).toEqual([]);
    expect(forbiddenImports('src/nova/servers/any.ts', text.replace('../', '../../'))).toEqual([
      'instance-actions',
    ]);
  });

  it('lint lets only the recorder of actions import the method that changes a server', () => {
    const text =
      "import { Server, WRITE } from '../nova/servers/server.js'; export const all = [Server, WRITE];";
    const messages = (file: string): string[] =>
      messagesOf('@typescript-eslint/no-restricted-imports', file, text);
    expect(messages('src/instance-actions/recorded-action.ts')).toEqual([]);
    expect(messages('src/os-migrations/any.ts')).toEqual([expect.stringContaining('ActionRecorder')]);
    expect(messages('src/instance-actions/any.ts')).toHaveLength(1);
  });

  it('lint allows the Nest module of a folder to import from all of its layers', () => {
    const text = "import './authenticator.js'; import './keystone/keystone-authenticator.js';";
    expect(forbiddenImports('src/identity/identity.module.ts', text)).toEqual([]);
  });
});
