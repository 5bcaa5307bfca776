import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fake Neutron that has no ports and no networks. */
export interface EmptyNeutron {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a fake Neutron. Before Nova shows a server, it requests the ports and security groups of the server from
 * Neutron.
 */
export async function startEmptyNeutron(): Promise<EmptyNeutron> {
  const server = createServer((request, response) => {
    const [, list = ''] = /^\/v2\.0\/([a-z-]+)/.exec(request.url ?? '') ?? [];
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ [list.replaceAll('-', '_')]: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
