import { describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
// @ts-expect-error: the configuration is JavaScript, without types
import config from '../../eslint.config.js';

/** The rooms that a file of the lowest room imports from and may not, as lint finds them in this text. */
function upwardsImports(text: string): string[] {
  // The rule reads no types, and the types of the whole project take seconds.
  const withoutTypes = [...(config as Linter.Config[]), tseslint.configs.disableTypeChecked as Linter.Config];
  return new Linter()
    .verify(text, withoutTypes, { filename: 'src/common/error-text.ts' })
    .filter(({ ruleId }) => ruleId === 'house/import-direction')
    .map(({ message }) => / and not of (.*)$/.exec(message)?.[1] ?? message);
}

describe('the direction of imports', () => {
  it('the direction of imports is checked in every way to import', () => {
    const text = `
      import { Database } from '../database/database.js';
      export { Authenticator } from '../identity/authenticator.js';
      export * from '../nova/view/view.js';
      export const load = () => import('../facade/facade.module.js');
      export type Settings = import('../config/settings.js').Settings;
      export type Main = typeof import('../main.js');
      export const make = () => Database;
    `;
    expect(upwardsImports(text)).toEqual(['database', 'identity', 'nova', 'facade', 'config', 'src']);
  });

  it('a folder may import from itself and from packages', () => {
    const text = `
      import { Injectable } from '@nestjs/common';
      import { within } from './within.js';
      export const loaded = [Injectable, within, import('./is-record.js'), import('node:net')];
    `;
    expect(upwardsImports(text)).toEqual([]);
  });
});
