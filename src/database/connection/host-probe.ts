import type { ConnectionOptions } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { within } from '../../common/within.js';
import { timeLimits } from './time-limits.js';

/**
 * Probes a host over a connection of its own: those of the pools may all be in use, or dead.
 *
 * @throws Error when the host does not respond in time
 */
export async function probeHost(address: ConnectionOptions): Promise<void> {
  const connecting = createConnection({ ...address, connectTimeout: timeLimits().probe });
  try {
    await within(
      timeLimits().probe,
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
