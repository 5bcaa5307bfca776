import type { ConnectionOptions } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { within } from '../../common/within.js';

/** How long a host may take to show that it lives, in milliseconds. */
const PROBE_TIME_LIMIT = 450;

/**
 * Asks a host for a sign of life, over a connection of its own: those of the pool may all be in use, or dead.
 *
 * @throws Error when there is none in time
 */
export async function probeHost(address: ConnectionOptions): Promise<void> {
  const connecting = createConnection({ ...address, connectTimeout: PROBE_TIME_LIMIT });
  try {
    await within(
      PROBE_TIME_LIMIT,
      connecting.then((connection) => connection.query('SELECT 1')),
    );
  } finally {
    connecting.then(
      (connection) => {
        connection.on('error', () => undefined);
        connection.destroy();
      },
      () => undefined,
    );
  }
}
