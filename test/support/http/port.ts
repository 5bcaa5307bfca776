import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A loopback port that nobody else gets until it is released. */
export interface ReservedPort {
  readonly port: number;
  /** May be called again. */
  release(): Promise<void>;
}

/** Keeps a port for as long as a preparation takes in which it is written down. */
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
