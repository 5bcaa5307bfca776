import { describe, expect, it } from '@jest/globals';
import { run } from '../support/run.js';

/** The rooms that a file of the lowest room may not import from and does, as lint finds them in this text. */
async function upwardsImports(text: string): Promise<string[]> {
  const file = 'src/common/error-text.ts';
  const { out } = await run(
    process.execPath,
    ['node_modules/eslint/bin/eslint.js', '--format', 'json', '--stdin', '--stdin-filename', file],
    { input: text },
  );
  const [result] = JSON.parse(out) as [{ messages: { ruleId: string; message: string }[] }];
  return result.messages
    .filter(({ ruleId }) => ruleId === 'house/import-direction')
    .map(({ message }) => / and not of (.*)$/.exec(message)?.[1] ?? message);
}

describe('the direction of imports', () => {
  it('is held to in every way to import', async () => {
    const text = `
      import { Database } from '../database/database.js';
      export { Authenticator } from '../identity/authenticator.js';
      export * from '../nova/view/view.js';
      export const load = () => import('../facade/facade.module.js');
      export type Settings = import('../config/settings.js').Settings;
      export type Main = typeof import('../main.js');
      export const make = () => Database;
    `;
    expect(await upwardsImports(text)).toEqual(['database', 'identity', 'nova', 'facade', 'config', 'src']);
  });

  it('lets a room import of itself and of packages', async () => {
    const text = `
      import { Injectable } from '@nestjs/common';
      import { within } from './within.js';
      export const loaded = [Injectable, within, import('./is-record.js'), import('node:net')];
    `;
    expect(await upwardsImports(text)).toEqual([]);
  });
});
