import { afterEach, describe, expect, it } from '@jest/globals';
import { get } from 'node:http';
import { ManyConnections } from '../support/http/many-connections.js';
import { startedServices } from '../support/service/started-services.js';

const clients: ManyConnections[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

// `startedServices` stops the services in an `afterEach` of its own. That hook must run after the one above, because a
// service does not stop while connections are open.
const started = startedServices({ HEADERS_TIMEOUT: '300' });

function opened(url: string, count: number, address: string): ManyConnections {
  const client = new ManyConnections(url, count, address);
  clients.push(client);
  return client;
}

/** Sends a request over a new connection. @returns the body of the response */
function bodyFrom(url: string, localAddress: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, localAddress }, (response) => {
      let body = '';
      response.on('data', (part) => (body += String(part)));
      response.on('end', () => {
        resolve(body);
      });
    }).on('error', reject);
  });
}

describe('the limit of connections per address', () => {
  it('the default limit per address leaves a quarter of MAX_CONNECTIONS to other addresses', async () => {
    const { url } = await started({ MAX_CONNECTIONS: '20' });
    await opened(url, 40, '127.0.0.1').waitUntilOpen(15);
    expect(await bodyFrom(`${url}/healthcheck`, '127.0.0.2')).toBe('OK');
    await opened(url, 40, '127.0.0.2').waitUntilOpen(5);
  });

  it('MAX_CONNECTIONS_PER_ADDRESS limits the open connections of each address', async () => {
    const { url } = await started({ MAX_CONNECTIONS_PER_ADDRESS: '3' });
    const first = opened(url, 10, '127.0.0.1');
    await first.waitUntilOpen(3);
    await opened(url, 10, '127.0.0.2').waitUntilOpen(3);
    first.close();
    await first.waitUntilOpen(0);
    await opened(url, 3, '127.0.0.1').waitUntilOpen(3);
  });

  it('MAX_CONNECTIONS_PER_ADDRESS does not apply to TRUSTED_PROXIES, but MAX_CONNECTIONS does', async () => {
    const { url } = await started({
      MAX_CONNECTIONS: '20',
      MAX_CONNECTIONS_PER_ADDRESS: '3',
      TRUSTED_PROXIES: '127.0.0.2/31',
    });
    await opened(url, 10, '127.0.0.1').waitUntilOpen(3);
    await opened(url, 30, '127.0.0.3').waitUntilOpen(17);
  });

  it('the metrics count connections that the service closes immediately', async () => {
    const { url } = await started({ MAX_CONNECTIONS: '20', MAX_CONNECTIONS_PER_ADDRESS: '2' });
    await opened(url, 12, '127.0.0.1').waitUntilOpen(2);
    const metrics = await bodyFrom(`${url}/metrics`, '127.0.0.2');
    expect(metrics).toContain('nova_action_log_connections_refused_total{reason="address"} 10');
    expect(metrics).toContain('nova_action_log_connections_refused_total{reason="all"} 0');
  });
});
