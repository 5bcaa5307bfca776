import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fake Neutron without ports and networks, which is also a fake Placement without allocations. */
export interface EmptyNeutron {
  readonly url: string;
  stop(): Promise<void>;
}

/** Placement's response to a request for its versions. Without it, Nova does not use Placement. */
const PLACEMENT_VERSIONS = [
  {
    id: 'v1.0',
    min_version: '1.0',
    max_version: '1.39',
    status: 'CURRENT',
    links: [{ rel: 'self', href: '' }],
  },
];

/**
 * Starts a fake Neutron and Placement. Before Nova shows a server, it requests the ports and security groups of the
 * server from Neutron. When Nova deletes a server, it deletes the server's allocations in Placement.
 */
export async function startEmptyNeutron(): Promise<EmptyNeutron> {
  const server = createServer((request, response) => {
    const [, list = ''] = /^\/v2\.0\/([a-z-]+)/.exec(request.url ?? '') ?? [];
    const body = request.url === '/' ? { versions: PLACEMENT_VERSIONS } : { [list.replaceAll('-', '_')]: [] };
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
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
