import type { ConnectionOptions } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { withTimeout } from '../../common/with-timeout.js';
import { timeLimits } from './time-limits.js';

/**
 * The statement that a probe sends. It needs no privileges. A Galera node that has lost its cluster rejects this
 * statement, but would accept `SELECT 1`.
 */
const PROBE = 'START TRANSACTION READ ONLY';

/**
 * Probes a host over a new connection, because the connections of the pools may all be in use or broken.
 *
 * @throws Error if the host does not respond in time
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
