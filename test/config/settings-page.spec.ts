import { describe, expect, it } from '@jest/globals';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import { withSettings } from '../../scripts/docs/settings-table.js';
import { readProjectFile } from '../support/deploy/manifests.js';

const PAGE = 'docs/settings.md';

describe('docs/settings.md', () => {
  it('docs/settings.md is up to date with the settings in the code; if not, run `npm run docs:settings`', async () => {
    const page = readProjectFile(PAGE);
    expect(page).toBe(await withSettings(page, PAGE));
    for (const name of describedSettings().keys()) expect(page).toContain(`| \`${name}\` `);
  });

  it('the check of docs/settings.md reports a missing setting', async () => {
    const page = readProjectFile(PAGE).replace(/^\| `PORT`.*\n/m, '');
    expect(await withSettings(page, PAGE)).not.toBe(page);
  });
});
