import { describe, expect, it } from '@jest/globals';
import { SettingsError } from '../../config/settings-error.js';
import { tablesOf } from '../tables/module-with-tables.js';
import { NovaCells } from './nova-cells.js';

const GOOD = 'mysql://user:s3cret@127.0.0.1:1/nova_api';
const BAD = `${GOOD}?ssl_ca=/nowhere/db.pem`;

describe("Nova's databases", () => {
  it.each([
    ['NOVA_API_DATABASE_URL', { NOVA_API_DATABASE_URL: BAD }],
    ['NOVA_DATABASE_URL', { NOVA_API_DATABASE_URL: GOOD, NOVA_DATABASE_URL: BAD }],
  ])(
    'the service exits with a one-line error if a certificate file in the address of a Nova database is missing: %s',
    async (name, settings) => {
      const failure = await NovaCells.open(settings, tablesOf([])).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(SettingsError);
      const { message } = failure as SettingsError;
      expect(message).toMatch(new RegExp(`^${name}: .*/nowhere/db\\.pem`));
      expect(message).not.toContain('s3cret');
    },
  );
});
