import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fake Neutron that has no ports and no networks, and a fake Placement that has no allocations. */
export interface EmptyNeutron {
  readonly url: string;
  stop(): Promise<void>;
}

/** The response to a request for the versions of Placement. */
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
 * Starts a fake Neutron, which is also a fake Placement. Before Nova shows a server, it requests the ports and security
 * groups of the server from Neutron. After Nova has deleted a server, it deletes the server's allocations in Placement.
 */
export async function startEmptyNeutron(): Promise<EmptyNeutron> {
  const server = createServer((request, response) => {
    const [, list = ''] = /^\/v2\.0\/([a-z-]+)/.exec(request.url ?? '') ?? [];
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const isDiscovery = request.url === '/';
    response.end(
      JSON.stringify(isDiscovery ? { versions: PLACEMENT_VERSIONS } : { [list.replaceAll('-', '_')]: [] }),
    );
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
