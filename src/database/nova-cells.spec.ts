import { describe, expect, it } from '@jest/globals';
import { Settings } from '../config/settings.js';
import { SettingsError } from '../config/settings-error.js';
import { NovaCells } from './nova-cells.js';

describe("Nova's API database", () => {
  it('whose certificates are not there stops the start with one line that says so', async () => {
    const NOVA_API_DATABASE_URL = 'mysql://user:s3cret@127.0.0.1:1/nova_api?ssl_ca=/nowhere/db.pem';
    const settings = Object.assign(new Settings(), { NOVA_API_DATABASE_URL });
    const failure = await NovaCells.open(settings).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(SettingsError);
    const { message } = failure as SettingsError;
    expect(message).toMatch(/^NOVA_API_DATABASE_URL: .*\/nowhere\/db\.pem/);
    expect(message).not.toContain('s3cret');
  });
});
