import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trackConnections } from '../../src/operations/server/client-connections.js';
import { handleClientError } from '../../src/operations/server/client-error.js';
import { type WireAnswer, WireClient } from '../support/http/wire-client.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const INVALID_CHUNK = 'zz\r\n';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/**
 * Starts a plain Node server that uses this project's error handler. With it, the test decides when each response is
 * sent.
 */
async function serve(listener: RequestListener): Promise<WireClient> {
  server = createServer(listener);
  trackConnections(server);
  server.on('clientError', handleClientError);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return WireClient.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Describes a finished connection: the statuses of all responses in order, and how the connection was closed. */
function outcome({ text }: WireClient, { error }: WireAnswer): string {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  return [...statuses, error ?? 'end'].join(' ');
}

describe('invalid input', () => {
  it('if invalid input follows a request in progress, the client gets the response to that request and then 400', async () => {
    const client = await serve((_request, response) => {
      setTimeout(() => response.write('first'), 100);
      setTimeout(() => response.end('second'), 200);
    });
    client.send(`${GET}invalid request\r\n\r\n`);
    expect(outcome(client, await client.answer())).toBe('200 400 end');
    expect(client.text).toMatch(/first[^H]*second[^H]*HTTP\/1\.1 400/);
  });

  it('invalid input of 4 MB gets 431, and the client receives the response', async () => {
    const client = await serve(() => undefined);
    client.send(`GET / HTTP/1.1\r\n${`X: ${'x'.repeat(1_000)}\r\n`.repeat(4_000)}\r\n`);
    expect(outcome(client, await client.answer())).toBe('431 end');
  });
});

describe('a request with an invalid body', () => {
  it('a request with an invalid body gets 400 if the response has not started', async () => {
    const client = await serve(() => undefined);
    client.send(CHUNKED + INVALID_CHUNK);
    expect(outcome(client, await client.answer())).toBe('400 end');
  });

  it('a request with an invalid body gets no second response', async () => {
    const client = await serve((_request, response) => response.end('all'));
    client.send(CHUNKED);
    await client.receive('all');
    client.send(INVALID_CHUNK);
    expect(outcome(client, await client.answer())).toBe('200 end');
  });

  it('a request with an invalid body adds nothing to a response that has started', async () => {
    const client = await serve((_request, response) =>
      response.writeHead(200, { 'Content-Length': '500' }).write('started'),
    );
    client.send(CHUNKED);
    await client.receive('started');
    client.send(INVALID_CHUNK);
    expect(outcome(client, await client.answer())).toMatch(/^200 (end|ECONNRESET)$/);
    expect(client.text.endsWith('started')).toBe(true);
  });
});
