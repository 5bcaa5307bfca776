import type { ConnectionOptions } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { withTimeout } from '../../common/with-timeout.js';
import { timeLimits } from './time-limits.js';

/** A Galera node that is cut off from its cluster answers `SELECT 1`, but refuses this. It needs no right. */
const PROBE = 'START TRANSACTION READ ONLY';

/**
 * Probes a host over a connection of its own: those of the pools may all be in use, or dead.
 *
 * @throws Error when the host does not respond in time
 */
export async function probeHost(address: ConnectionOptions): Promise<void> {
  const connecting = createConnection({ ...address, connectTimeout: timeLimits().probe });
  try {
    await withTimeout(
      timeLimits().probe,
      connecting.then((connection) => connection.query(PROBE)),
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
