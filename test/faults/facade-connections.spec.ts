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

describe('a kept-alive connection', () => {
  /**
   * Sends a request over a connection to nova-api that the service has kept open. nova-api handles this request with
   * `onFirst`, and returns 200 to further requests.
   */
  const sendOverKept = async (line: string, onFirst: (socket: Socket) => void): Promise<WireAnswer> => {
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
    'the facade repeats a GET over a new connection if nova-api has %s the kept-alive connection',
    async (_how, close) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { line } = await sendOverKept(`${method} /v2.1/flavors HTTP/1.1`, close);
        expect([method, line]).toEqual([method, 'HTTP/1.1 200 OK']);
        const [first, second, ...more] = nova.requests;
        expect(more).toEqual([]);
        expect(first?.line).toBe(second?.line);
        expect(first?.connection).not.toBe(second?.connection);
        nova.reset();
      }
    },
  );

  it('the facade repeats a request at most once', async () => {
    await sendWireRequest(facade.service.url, 'GET /first HTTP/1.1');
    nova.requests.length = 0;
    nova.respond = (socket) => socket.destroy();
    expect((await sendWireRequest(facade.service.url, GET)).line).toBe('HTTP/1.1 502 Bad Gateway');
    expect(nova.requests).toHaveLength(2);
  });

  it('the facade sends a POST or DELETE only once, even if nova-api closes the connection', async () => {
    for (const line of ['POST /v2.1/servers HTTP/1.1', 'DELETE /v2.1/servers/x HTTP/1.1']) {
      const answer = await sendOverKept(line, (socket) => socket.destroy());
      expect(answer.line).toBe('HTTP/1.1 502 Bad Gateway');
      expect(nova.requests).toHaveLength(1);
      nova.reset();
    }
  });
});

describe('a client that closes its connection', () => {
  const untilNovaHasNoConnection = (): Promise<void> =>
    until(() => nova.open === 0, 'nova-api has no open connection');

  beforeEach(async () => {
    // This also closes the idle connections between the service and nova-api.
    await nova.stop();
    await nova.start();
  });

  it.each<[string, string, (socket: Socket) => void, string]>([
    ['before the response', `${GET}\r\nHost: a\r\n\r\n`, () => undefined, ''],
    [
      'within the response',
      `${GET}\r\nHost: a\r\n\r\n`,
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnova'),
      'nova',
    ],
    [
      'after a body, before the response',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx',
      () => undefined,
      '',
    ],
  ])(
    'the facade closes the connection to nova-api if the client closes the connection to the facade %s',
    async (_when, request, answer, received) => {
      nova.respond = answer;
      const client = await WireClient.connect(facade.service.url);
      client.send(request);
      await until(() => nova.requests.length > 0, 'nova-api gets the request');
      await client.receive(received);
      expect(nova.open).toBe(1);
      client.close();
      await untilNovaHasNoConnection();
    },
  );

  it('the facade closes the connection to nova-api if the client closes the connection to the facade within the request body', async () => {
    let heads = 0;
    nova.onHead = () => (heads += 1);
    const client = await WireClient.connect(facade.service.url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n');
    await until(() => heads > 0, 'nova-api gets the header');
    nova.onHead = undefined;
    client.close();
    await untilNovaHasNoConnection();
    expect(nova.requests).toEqual([]);
  });

  const POST = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx';

  it.each<[string, string, (socket: Socket) => void]>([
    ['to which nova-api does not respond', `${GET}\r\nHost: a\r\n\r\n`, () => undefined],
    ['with bodies, to which nova-api does not respond', POST, () => undefined],
    ['with endless responses', `${GET}\r\nHost: a\r\n\r\n`, sendWithoutEnd],
    ['with bodies and endless responses', POST, sendWithoutEnd],
  ])(
    'the facade closes all connections to nova-api if a client closes the connection to the facade after many requests %s',
    async (_what, request, answer) => {
      nova.respond = answer;
      const client = await WireClient.connect(facade.service.url);
      client.socket.pause();
      client.send(request.repeat(12));
      await until(() => nova.requests.length === 12, 'nova-api gets the requests');
      client.close();
      await untilNovaHasNoConnection();
      const inFlight = async (): Promise<number> => {
        const text = await (await fetch(`${facade.service.url}/metrics`)).text();
        return total(parseMetrics(text), 'http_requests_in_flight');
      };
      // The request for the metrics counts itself, so the number 1 means that no other request is in flight.
      await until(async () => (await inFlight()) === 1, 'no other request is in flight');
    },
  );
});

describe('a slow nova-api', () => {
  it('the facade waits for a slow response of nova-api, over a kept-alive connection and over a new one', async () => {
    nova.respond = (socket) => setTimeout(() => socket.write(responseBytes('200 OK')), 4_500);
    const lines = [GET, GET, 'POST /v2.1/servers HTTP/1.1'];
    const answers = await Promise.all(lines.map((line) => sendWireRequest(facade.service.url, line)));
    expect(answers.map(({ line }) => line)).toEqual(lines.map(() => 'HTTP/1.1 200 OK'));
    expect(nova.requests).toHaveLength(lines.length);
  });

  it('the facade returns 504 if nova-api sends nothing for longer than the time limit', async () => {
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

/** Sends an endless response, as fast as the service reads it. */
function sendWithoutEnd(socket: Socket): void {
  const send = (): void => {
    while (socket.writable && socket.write('x'.repeat(65_536)));
  };
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n');
  socket.on('drain', send);
  send();
}
