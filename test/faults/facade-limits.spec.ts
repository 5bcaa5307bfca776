import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { sendWireRequest, headerValues, type WireAnswer, WireClient } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const OWN = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const GET = 'GET /v2.1/flavors HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /v2.1/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';
const SLOW_UPLOAD = 'POST /v2.1/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nbegin';
const OTHER_ADDRESS = '127.0.0.2';

const keep = closeAfterAll();

const nova = keep(new FakeNova());
let store: TestStore;
const clients: WireClient[] = [];

/** Connects to a service for the time of one test. */
async function connectTo(service: RunningService, localAddress?: string): Promise<WireClient> {
  const client = await WireClient.connect(service.url, localAddress);
  clients.push(client);
  return client;
}

beforeAll(async () => {
  store = keep(await createSqlite());
  await nova.start();
});

beforeEach(() => {
  nova.reset();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function startFacade(connections: number): Promise<RunningService> {
  return startService({
    DATABASE_URL: store.url,
    UPSTREAM_NOVA_URL: nova.url,
    UPSTREAM_CONNECTIONS: String(connections),
  });
}

describe('a facade with eight connections to nova-api', () => {
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    service = keep(await startFacade(8));
  });

  /** Sends requests over a number of connections, from an address of their own. */
  const flood = async (connections: number, bytes: string): Promise<void> => {
    for (let index = 0; index < connections; index += 1) {
      (await connectTo(service)).send(bytes);
    }
  };

  const askFromElsewhere = async (): Promise<WireAnswer> => {
    const client = await connectTo(service, OTHER_ADDRESS);
    client.send('GET /v2.1/elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    return client.answer();
  };

  it.each([
    ['requests that nova-api does not answer', GET.repeat(10)],
    ['requests with bodies that nova-api does not answer', POST.repeat(10)],
    ['uploads that do not go on', SLOW_UPLOAD],
  ])(
    'a facade with eight connections to nova-api gives six of them to an address with many %s, and serves others',
    async (_what, bytes) => {
      const answers = (socket: Socket, line: string): void => {
        if (line.includes('/elsewhere')) socket.write(responseBytes('200 OK'));
      };
      nova.respond = (socket, { line }) => {
        answers(socket, line);
      };
      await flood(20, bytes);
      await until(() => nova.open >= 6, 'the address has its share');
      expect((await askFromElsewhere()).line).toBe('HTTP/1.1 200 OK');
      const own = await fetch(`${service.url}${OWN}`, { headers: { 'X-Auth-Token': 'token-of-admin' } });
      expect(own.status).toBe(200);
      expect(nova.open).toBeLessThanOrEqual(8);
      for (const client of clients) client.close();
      await until(() => nova.open <= 1, 'Nova is left');
    },
  );

  it('a facade with eight connections to nova-api closes idle ones for new ones rather than having more', async () => {
    const held: Socket[] = [];
    nova.respond = (socket) => held.push(socket);
    await flood(6, GET);
    await until(() => held.length === 6, 'nova-api gets the requests');
    for (const socket of held.splice(0)) socket.write(responseBytes('200 OK'));
    for (const client of clients) await client.receive('HTTP/1.1 200 OK');
    await flood(6, POST);
    await until(() => held.length === 6, 'nova-api gets the requests with bodies');
    // Idle ones are closed by themselves too, but only after seconds.
    await until(() => nova.open <= 8, 'the connections that are too many are closed', 3_000);
  });
});

describe('a facade with one connection to nova-api', () => {
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    service = keep(await startFacade(1));
  });

  it('a facade with one connection to nova-api answers 503 with Retry-After to a request that waits too long, and goes on with its own routes', async () => {
    nova.respond = () => undefined;
    const first = await connectTo(service);
    first.send(GET);
    await until(() => nova.requests.length === 1, 'nova-api gets the first request');
    const waiting = ['GET', 'POST', 'OPTIONS'].map((method) =>
      sendWireRequest(service.url, `${method} /x HTTP/1.1`),
    );
    const own = await fetch(`${service.url}${OWN}`, { headers: { 'X-Auth-Token': 'token-of-admin' } });
    expect(own.status).toBe(200);
    for (const answer of await Promise.all(waiting)) {
      expect(answer.line).toBe('HTTP/1.1 503 Service Unavailable');
      expect(headerValues(answer, 'retry-after')).toEqual(['5']);
      expect(JSON.parse(answer.body)).toEqual({
        serviceUnavailable: {
          code: 503,
          message: 'The service is temporarily unable to answer. Please try again later.',
        },
      });
    }
    expect(nova.requests).toHaveLength(1);
  });

  it('a facade does not pass on a request whose client left while it waited', async () => {
    let firstSocket: Socket | undefined;
    nova.respond = (socket, { line }) => {
      if (line.includes('/first')) firstSocket = socket;
      else socket.write(responseBytes('200 OK'));
    };
    const first = await connectTo(service);
    first.send('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => firstSocket !== undefined, 'nova-api gets the first request');
    const leaving = await connectTo(service);
    leaving.send(GET.replace('flavors', 'left') + POST.replace('servers', 'left'));
    // The request that waits is not visible, and this one comes behind it.
    await fetch(`${service.url}/health/live`);
    // A client that closes its connection in order may wait for its answers: that it has left shows only after a while.
    leaving.socket.resetAndDestroy();
    const last = sendWireRequest(service.url, 'GET /last HTTP/1.1');
    await fetch(`${service.url}/health/live`);
    firstSocket?.write(responseBytes('200 OK'));
    expect((await last).line).toBe('HTTP/1.1 200 OK');
    expect(nova.requests.map(({ line }) => line)).toEqual(['GET /first HTTP/1.1', 'GET /last HTTP/1.1']);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['answers', (socket) => socket.write(responseBytes('200 OK', [], 'x')), GET],
    ['answers a request with a body', (socket) => socket.write(responseBytes('200 OK', [], 'x')), POST],
    ['answers and closes', (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nx'), GET],
    ['answers before it has all of the body', () => undefined, SLOW_UPLOAD],
    ['closes the connection', (socket) => socket.destroy(), GET],
    ['resets the connection', (socket) => socket.resetAndDestroy(), POST],
    ['breaks off within its answer', breakOff, GET],
    ['answers what is no HTTP', (socket) => socket.write('no HTTP\r\n\r\n'), GET],
    ['answers in a transfer coding of its own', (socket) => socket.write(GZIPPED), GET],
    ['changes the protocol', (socket) => socket.write('HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n'), GET],
    ['sends answers that only inform without end', informWithoutEnd, GET],
  ])('a facade has its connection free again once nova-api %s', async (_what, answer, bytes) => {
    nova.respond = answer;
    if (bytes === SLOW_UPLOAD) nova.onHead = (socket) => socket.write(responseBytes('413 Too Large'));
    const client = await connectTo(service);
    client.send(bytes);
    await until(() => client.text.includes('HTTP/1.1 ') || client.socket.closed, 'the client gets an answer');
    nova.reset();
    expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
  });

  it('a facade has its connection free again once nova-api answers and reads no more of a large body', async () => {
    let answer: (() => void) | undefined;
    nova.onHead = (socket) => {
      answer = () => socket.write(responseBytes('413 Too Large'));
      socket.pause();
    };
    const client = await connectTo(service);
    client.send('POST /v2.1/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n');
    client.send('x'.repeat(40_000_000));
    // All buffers on the way are full once no more is taken.
    let last = -1;
    let looks = 0;
    await until(() => {
      const taken = client.socket.bytesWritten - client.socket.writableLength;
      looks = taken === last ? looks + 1 : 0;
      last = taken;
      return answer !== undefined && looks > 20;
    }, 'no more of the body is taken');
    answer?.();
    await client.receive('HTTP/1.1 413 Too Large');
    nova.reset();
    expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
  });

  it.each<[string, string]>([
    ['before it has an answer', GET],
    ['within its answer', GET],
    ['within its request', SLOW_UPLOAD],
  ])('a facade has its connection free again once the client leaves %s', async (when, bytes) => {
    let hasBegun = false;
    const begin = (socket: Socket): void => {
      hasBegun = true;
      if (when === 'within its answer') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
    };
    nova.respond = begin;
    nova.onHead = bytes === SLOW_UPLOAD ? begin : undefined;
    const client = await connectTo(service);
    client.send(bytes);
    await until(() => hasBegun, 'nova-api gets the request');
    client.close();
    nova.reset();
    expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
  });

  it('a facade passes on responses with more headers than Node reads by itself', async () => {
    const headers = Array.from({ length: 3_000 }, (_, index) => `X-${index}: a`);
    nova.respond = (socket) => socket.write(responseBytes('200 OK', headers, 'x'));
    const answer = await sendWireRequest(service.url, 'GET /many HTTP/1.1');
    expect(answer.headers.filter(([name]) => name.startsWith('X-'))).toHaveLength(headers.length);
    expect(answer.body).toBe('x');
  });

  it('a facade lets the system probe whether a silent nova-api is still there', async () => {
    let port: number | undefined;
    nova.respond = (socket) => (port = socket.remotePort);
    const client = await connectTo(service);
    client.send(POST);
    await until(() => port !== undefined, 'nova-api gets the request');
    // In the system's table, timer 02 is that of keep-alive probes; it begins once all that was sent is acknowledged.
    const address = `0100007F:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`;
    const probes = new RegExp(`^ *\\d+: ${address} \\S+ 01 \\S+ 02:`, 'm');
    await until(() => probes.test(readFileSync('/proc/net/tcp', 'latin1')), 'the connection is probed');
  });
});

const GZIPPED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n';

function breakOff(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', () => socket.destroy());
}

function informWithoutEnd(socket: Socket): void {
  const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)), 5);
  socket.on('close', () => {
    clearInterval(timer);
  });
}
