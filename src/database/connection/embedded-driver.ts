import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { errorText } from '../../common/error-text.js';
import { SettingsError } from '../../config/settings-error.js';

/**
 * The version of Node-API that the binary of better-sqlite3 needs. A Node with an older version crashes when it loads
 * the binary.
 */
const NODE_API = 10;

type Driver = new (path: string) => { close(): void };

/**
 * Loads the driver of the embedded database (SQLite) and the binary of the driver.
 *
 * @throws SettingsError if there is no binary for this system; the message says how to install it
 */
export function embeddedDriver(): Driver {
  try {
    const require = createRequire(import.meta.url);
    const built = join(
      dirname(require.resolve('better-sqlite3/package.json')),
      'build/Release/better_sqlite3.node',
    );
    if (Number(process.versions.napi) < NODE_API && !existsSync(built))
      throw new Error(`${built} is missing`);
    const driver = require('better-sqlite3') as Driver;
    new driver(':memory:').close();
    return driver;
  } catch (error) {
    throw new SettingsError(
      `DATABASE_URL: Node ${process.versions.node} cannot load the driver of the embedded database ` +
        `(${errorText(error).split('\n')[0] ?? ''}); run "npm ci" or, if the package has no binary for this system, ` +
        '"npm run build:driver", which needs a C++ compiler, make and Python 3 (Debian: build-essential, python3)',
    );
  }
}
