import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A loopback port that no other process can use until `release` is called. */
export interface ReservedPort {
  readonly port: number;
  /** Releases the port. A second call has no effect. */
  release(): Promise<void>;
}

/** Reserves a free port. So a test can write the port into configuration files before a server uses it. */
export async function reservePort(): Promise<ReservedPort> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async release() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
