import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { declareLong, endAtShutdown, isLong } from '../../src/common/http/long-response.js';
import { trackConnections } from '../../src/operations/server/client-connections.js';
import { drain } from '../../src/operations/server/drain.js';

/**
 * The time limit for the drain, in milliseconds. It is longer than the time limit of a test, so a test fails if the
 * drain waits for a stream.
 */
const ENDLESS = 3_600_000;

let server: Server;

beforeEach(async () => {
  Logger.overrideLogger(false);
  server = createServer().listen(0, '127.0.0.1');
  trackConnections(server);
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/**
 * Sends a request.
 *
 * @returns the response object on the server, with which the test sends the response, and a promise of the text that
 *   the client receives
 */
async function sendRequest(): Promise<{ response: ServerResponse; received: Promise<string> }> {
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1', agent: false });
  const received = once(request, 'response').then(([message]) => text(message as IncomingMessage));
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  return { response, received };
}

function replyOf(response: ServerResponse): FastifyReply {
  return { raw: response } as FastifyReply;
}

describe('drain', () => {
  it('drain calls the end function of a long response once', async () => {
    const { response, received } = await sendRequest();
    let calls = 0;
    declareLong(replyOf(response), () => {
      calls += 1;
      setTimeout(() => response.end('last bytes'), 200);
    });
    expect(await drain(server, 0, ENDLESS)).toBe(0);
    expect(await received).toBe('last bytes');
    expect(calls).toBe(1);
  });

  it('drain calls the function for the shutdown of a response that has not started and is not long', async () => {
    const { response, received } = await sendRequest();
    endAtShutdown(replyOf(response), () => response.end('no lines'));
    expect(isLong(response)).toBe(false);
    expect(await drain(server, 0, ENDLESS)).toBe(0);
    expect(await received).toBe('no lines');
  });

  it('drain ends a response that is declared as long when the server has already stopped listening', async () => {
    const { response, received } = await sendRequest();
    const cut = drain(server, 0, ENDLESS);
    while (server.listening) await new Promise((resolve) => setTimeout(resolve, 5));
    declareLong(replyOf(response), () => response.end('last bytes'));
    expect(await cut).toBe(0);
    expect(await received).toBe('last bytes');
  });

  it('if the end function of a long response throws, drain closes the connection of that response, and continues', async () => {
    const { response, received } = await sendRequest();
    const failed = expect(received).rejects.toThrow();
    declareLong(replyOf(response), () => {
      throw new Error('no last bytes');
    });
    expect(await drain(server, 0, ENDLESS)).toBe(0);
    await failed;
  });
});

describe('declareLong', () => {
  it('declareLong calls the end function immediately if the client has closed the connection', async () => {
    const { response, received } = await sendRequest();
    const failed = expect(received).rejects.toThrow();
    response.req.socket.destroy();
    let calls = 0;
    declareLong(replyOf(response), () => (calls += 1));
    expect(calls).toBe(1);
    await failed;
  });
});
