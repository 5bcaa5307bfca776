import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trackConnections } from '../../src/operations/server/client-connections.js';
import { handleClientError } from '../../src/operations/server/client-error.js';
import { type WireAnswer, WireClient } from '../support/http/wire-client.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const NO_CHUNK = 'zz\r\n';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A server of Node's own with our handler of errors, so that the moment of each answer is the test's to choose. */
async function serve(listener: RequestListener): Promise<WireClient> {
  server = createServer(listener);
  trackConnections(server);
  server.on('clientError', handleClientError);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return WireClient.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** The statuses of all answers, in their order, and how the connection ended. */
function told({ text }: WireClient, { error }: WireAnswer): string {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  return [...statuses, error ?? 'end'].join(' ');
}

describe('what is no request', () => {
  it('bytes that are no request, behind a request in progress, are refused after its answer', async () => {
    const client = await serve((_request, response) => {
      setTimeout(() => response.write('first'), 100);
      setTimeout(() => response.end('second'), 200);
    });
    client.send(`${GET}no request\r\n\r\n`);
    expect(told(client, await client.answer())).toBe('200 400 end');
    expect(client.text).toMatch(/first[^H]*second[^H]*HTTP\/1\.1 400/);
  });

  it('bytes that are no request are refused with an answer that arrives, whatever their length', async () => {
    const client = await serve(() => undefined);
    client.send(`GET / HTTP/1.1\r\n${`X: ${'x'.repeat(1_000)}\r\n`.repeat(4_000)}\r\n`);
    expect(told(client, await client.answer())).toBe('431 end');
  });
});

describe('a request whose body is broken', () => {
  it('a request whose body is broken is refused where it has no answer yet', async () => {
    const client = await serve(() => undefined);
    client.send(CHUNKED + NO_CHUNK);
    expect(told(client, await client.answer())).toBe('400 end');
  });

  it('a request whose body is broken gets no second answer', async () => {
    const client = await serve((_request, response) => response.end('all'));
    client.send(CHUNKED);
    await client.receive('all');
    client.send(NO_CHUNK);
    expect(told(client, await client.answer())).toBe('200 end');
  });

  it('a request with an invalid body adds nothing to a response that has begun', async () => {
    const client = await serve((_request, response) =>
      response.writeHead(200, { 'Content-Length': '500' }).write('begun'),
    );
    client.send(CHUNKED);
    await client.receive('begun');
    client.send(NO_CHUNK);
    expect(told(client, await client.answer())).toMatch(/^200 (end|ECONNRESET)$/);
    expect(client.text.endsWith('begun')).toBe(true);
  });
});
