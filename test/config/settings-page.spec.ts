import { describe, expect, it } from '@jest/globals';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import { withSettings } from '../../scripts/docs/settings-table.js';
import { readProjectFile } from '../support/deploy/manifests.js';

const PAGE = 'docs/settings.md';

describe("the operators' page", () => {
  it('docs/settings.md describes the settings as their classes do; `npm run docs:settings` writes it', async () => {
    const page = readProjectFile(PAGE);
    expect(page).toBe(await withSettings(page, PAGE));
    for (const name of describedSettings().keys()) expect(page).toContain(`| \`${name}\` `);
  });

  it('the check of docs/settings.md reports a missing setting', async () => {
    const page = readProjectFile(PAGE).replace(/^\| `PORT`.*\n/m, '');
    expect(await withSettings(page, PAGE)).not.toBe(page);
  });
});
