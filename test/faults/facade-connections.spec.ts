import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { ConnectionLimit } from '../../src/facade/connection-limit.js';
import { NovaHttp } from '../../src/facade/nova-http.js';
import { responseBytes } from '../support/nova/fake.js';
import { parseMetrics, total } from '../support/http/metrics.js';
import { startedFacade } from '../support/service/started-facade.js';
import { until } from '../support/time/until.js';
import { sendWireRequest, type WireAnswer, WireClient } from '../support/http/wire-client.js';

const GET = 'GET /v2.1/flavors HTTP/1.1';

const facade = startedFacade();
const { nova } = facade;

describe('a connection that was kept', () => {
  /** Asks over a connection that was kept, to whose first request there is another answer. */
  const askKept = async (line: string, onFirst: (socket: Socket) => void): Promise<WireAnswer> => {
    await sendWireRequest(facade.service.url, 'GET /before HTTP/1.1');
    nova.requests.length = 0;
    nova.respond = (socket) => {
      if (nova.requests.length === 1) onFirst(socket);
      else socket.write(responseBytes('200 OK'));
    };
    return sendWireRequest(facade.service.url, line);
  };

  it.each<[string, (socket: Socket) => void]>([
    ['closed', (socket) => socket.destroy()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])(
    'a GET over a kept connection that is found %s is sent once more over a new connection',
    async (_how, close) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { line } = await askKept(`${method} /v2.1/flavors HTTP/1.1`, close);
        expect([method, line]).toEqual([method, 'HTTP/1.1 200 OK']);
        const [first, second, ...more] = nova.requests;
        expect(more).toEqual([]);
        expect(first?.line).toBe(second?.line);
        expect(first?.connection).not.toBe(second?.connection);
        nova.reset();
      }
    },
  );

  it('a request over a kept connection is sent again no more than once', async () => {
    await sendWireRequest(facade.service.url, 'GET /first HTTP/1.1');
    nova.requests.length = 0;
    nova.respond = (socket) => socket.destroy();
    expect((await sendWireRequest(facade.service.url, GET)).line).toBe('HTTP/1.1 502 Bad Gateway');
    expect(nova.requests).toHaveLength(2);
  });

  it('a kept connection is not used for a request that must not be sent twice', async () => {
    for (const line of ['POST /v2.1/servers HTTP/1.1', 'DELETE /v2.1/servers/x HTTP/1.1']) {
      const answer = await askKept(line, (socket) => socket.destroy());
      expect(answer.line).toBe('HTTP/1.1 502 Bad Gateway');
      expect(nova.requests).toHaveLength(1);
      nova.reset();
    }
  });
});

describe('a client that goes away', () => {
  const untilNovaIsLeft = (): Promise<void> => until(() => nova.open === 0, 'Nova is left');

  beforeEach(async () => {
    await nova.stop(); // and with it the connections that are kept
    await nova.start();
  });

  it.each<[string, string, (socket: Socket) => void, string]>([
    ['before there is an answer', `${GET}\r\nHost: a\r\n\r\n`, () => undefined, ''],
    [
      'within the answer',
      `${GET}\r\nHost: a\r\n\r\n`,
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnova'),
      'nova',
    ],
    [
      'after a body, before there is an answer',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx',
      () => undefined,
      '',
    ],
  ])(
    'a client that closes its connection %s ends its request to nova-api',
    async (_when, request, answer, received) => {
      nova.respond = answer;
      const client = await WireClient.connect(facade.service.url);
      client.send(request);
      await until(() => nova.requests.length > 0, 'Nova gets the request');
      await client.receive(received);
      expect(nova.open).toBe(1);
      client.close();
      await untilNovaIsLeft();
    },
  );

  it('a client that closes its connection within its request ends it at nova-api, which gets no whole request', async () => {
    let heads = 0;
    nova.onHead = () => (heads += 1);
    const client = await WireClient.connect(facade.service.url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n');
    await until(() => heads > 0, 'Nova gets the header');
    nova.onHead = undefined;
    client.close();
    await untilNovaIsLeft();
    expect(nova.requests).toEqual([]);
  });

  const POST = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx';

  it.each<[string, string, (socket: Socket) => void]>([
    ['without an answer', `${GET}\r\nHost: a\r\n\r\n`, () => undefined],
    ['with bodies, without an answer', POST, () => undefined],
    ['with endless answers', `${GET}\r\nHost: a\r\n\r\n`, sendWithoutEnd],
    ['with bodies and endless answers', POST, sendWithoutEnd],
  ])(
    'a client that closes its connection with many requests, %s, ends them all at nova-api',
    async (_what, request, answer) => {
      nova.respond = answer;
      const client = await WireClient.connect(facade.service.url);
      client.socket.pause();
      client.send(request.repeat(12));
      await until(() => nova.requests.length === 12, 'Nova gets the requests');
      client.close();
      await untilNovaIsLeft();
      const inFlight = async (): Promise<number> => {
        const text = await (await fetch(`${facade.service.url}/metrics`)).text();
        return total(parseMetrics(text), 'http_requests_in_flight');
      };
      // The one that asks is the only one left.
      await until(async () => (await inFlight()) === 1, 'no request is under way');
    },
  );
});

describe('an answer that is long in coming', () => {
  it('the facade waits for a slow response, over a kept connection as over a new one', async () => {
    nova.respond = (socket) => setTimeout(() => socket.write(responseBytes('200 OK')), 4_500);
    const lines = [GET, GET, 'POST /v2.1/servers HTTP/1.1'];
    const answers = await Promise.all(lines.map((line) => sendWireRequest(facade.service.url, line)));
    expect(answers.map(({ line }) => line)).toEqual(lines.map(() => 'HTTP/1.1 200 OK'));
    expect(nova.requests).toHaveLength(lines.length);
  });

  it('the facade answers 504 when nova-api is silent for longer than the limit', async () => {
    nova.respond = () => undefined;
    const http = new NovaHttp(nova.url, new ConnectionLimit(1), { connect: 1_000, silence: 100 });
    const question = { method: 'POST', target: '/x', headers: [], body: undefined, client: 'a' };
    await expect(http.send(question, new AbortController().signal)).rejects.toMatchObject({
      status: 504,
      message: 'The compute service did not respond in time.',
    });
    http.close();
  });
});

/** Answers with more than anybody reads, as fast as it is taken. */
function sendWithoutEnd(socket: Socket): void {
  const send = (): void => {
    while (socket.writable && socket.write('x'.repeat(65_536)));
  };
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n');
  socket.on('drain', send);
  send();
}
