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

/** Opens a connection to a service. `afterEach` closes the connection. */
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

  /** Opens the given number of connections from one address, and sends the same bytes over each of them. */
  const flood = async (connections: number, bytes: string): Promise<void> => {
    for (let index = 0; index < connections; index += 1) {
      (await connectTo(service)).send(bytes);
    }
  };

  const requestFromOtherAddress = async (): Promise<WireAnswer> => {
    const client = await connectTo(service, OTHER_ADDRESS);
    client.send('GET /v2.1/elsewhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    return client.answer();
  };

  it.each([
    ['requests to which nova-api does not respond', GET.repeat(10)],
    ['requests with bodies to which nova-api does not respond', POST.repeat(10)],
    ['uploads that stall', SLOW_UPLOAD],
  ])(
    'a facade that may open eight connections to nova-api uses at most six for one client address with many %s, and still serves other addresses',
    async (_what, bytes) => {
      const answers = (socket: Socket, line: string): void => {
        if (line.includes('/elsewhere')) socket.write(responseBytes('200 OK'));
      };
      nova.respond = (socket, { line }) => {
        answers(socket, line);
      };
      await flood(20, bytes);
      await until(() => nova.open >= 6, 'the address uses its share of the connections');
      expect((await requestFromOtherAddress()).line).toBe('HTTP/1.1 200 OK');
      const own = await fetch(`${service.url}${OWN}`, { headers: { 'X-Auth-Token': 'token-of-admin' } });
      expect(own.status).toBe(200);
      expect(nova.open).toBeLessThanOrEqual(8);
      for (const client of clients) client.close();
      await until(() => nova.open <= 1, 'the facade closes its connections to nova-api');
    },
  );

  it('a facade that may open eight connections to nova-api closes idle connections instead of opening a ninth', async () => {
    const held: Socket[] = [];
    nova.respond = (socket) => held.push(socket);
    await flood(6, GET);
    await until(() => held.length === 6, 'nova-api gets the requests');
    for (const socket of held.splice(0)) socket.write(responseBytes('200 OK'));
    for (const client of clients) await client.receive('HTTP/1.1 200 OK');
    await flood(6, POST);
    await until(() => held.length === 6, 'nova-api gets the requests with bodies');
    // The service also closes idle connections, but only after several seconds. The limit of 3 s shows that it closes
    // them for another reason here.
    await until(() => nova.open <= 8, 'the facade closes the excess connections', 3_000);
  });
});

describe('a facade with one connection to nova-api', () => {
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    service = keep(await startFacade(1));
  });

  it('a facade with one connection to nova-api returns 503 and Retry-After if a request waits too long for the connection, and still serves its own routes', async () => {
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

  it('a facade does not forward a waiting request whose client has closed its connection', async () => {
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
    // The test cannot see that a request waits in the service. So it sends another request, whose response shows that
    // the service has received the waiting one.
    await fetch(`${service.url}/health/live`);
    // The client resets the connection, because a client that closes only its sending half may still read a response.
    leaving.socket.resetAndDestroy();
    const last = sendWireRequest(service.url, 'GET /last HTTP/1.1');
    await fetch(`${service.url}/health/live`);
    firstSocket?.write(responseBytes('200 OK'));
    expect((await last).line).toBe('HTTP/1.1 200 OK');
    expect(nova.requests.map(({ line }) => line)).toEqual(['GET /first HTTP/1.1', 'GET /last HTTP/1.1']);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['sends a response', (socket) => socket.write(responseBytes('200 OK', [], 'x')), GET],
    [
      'sends a response to a request with a body',
      (socket) => socket.write(responseBytes('200 OK', [], 'x')),
      POST,
    ],
    ['sends a response and closes the connection', (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nx'), GET],
    ['sends a response before it has the whole body', () => undefined, SLOW_UPLOAD],
    ['closes the connection', (socket) => socket.destroy(), GET],
    ['resets the connection', (socket) => socket.resetAndDestroy(), POST],
    ['closes the connection within its response', closeWithinResponse, GET],
    ['sends bytes that are not HTTP', (socket) => socket.write('no HTTP\r\n\r\n'), GET],
    ['sends a response in an unsupported transfer coding', (socket) => socket.write(GZIPPED), GET],
    ['changes the protocol', (socket) => socket.write('HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n'), GET],
    ['sends informational responses endlessly', sendInformationEndlessly, GET],
  ])('a facade can reuse its only connection slot after nova-api %s', async (_what, answer, bytes) => {
    nova.respond = answer;
    if (bytes === SLOW_UPLOAD) nova.onHead = (socket) => socket.write(responseBytes('413 Too Large'));
    const client = await connectTo(service);
    client.send(bytes);
    await until(
      () => client.text.includes('HTTP/1.1 ') || client.socket.closed,
      'the client gets a response',
    );
    nova.reset();
    expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
  });

  it('a facade can reuse its only connection slot after nova-api responds without reading all of a large body', async () => {
    let answer: (() => void) | undefined;
    nova.onHead = (socket) => {
      answer = () => socket.write(responseBytes('413 Too Large'));
      socket.pause();
    };
    const client = await connectTo(service);
    client.send('POST /v2.1/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 40000000\r\n\r\n');
    client.send('x'.repeat(40_000_000));
    // If the service accepts no more bytes, all buffers between the client and nova-api are full.
    let last = -1;
    let unchanged = 0;
    await until(() => {
      const written = client.socket.bytesWritten - client.socket.writableLength;
      unchanged = written === last ? unchanged + 1 : 0;
      last = written;
      return answer !== undefined && unchanged > 20;
    }, 'the facade accepts no more of the body');
    answer?.();
    await client.receive('HTTP/1.1 413 Too Large');
    nova.reset();
    expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
  });

  it.each<[string, string]>([
    ['before the response', GET],
    ['within the response', GET],
    ['within the request', SLOW_UPLOAD],
  ])(
    'a facade can reuse its only connection slot after the client closes its connection %s',
    async (when, bytes) => {
      let hasBegun = false;
      const begin = (socket: Socket): void => {
        hasBegun = true;
        if (when === 'within the response') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx');
      };
      nova.respond = begin;
      nova.onHead = bytes === SLOW_UPLOAD ? begin : undefined;
      const client = await connectTo(service);
      client.send(bytes);
      await until(() => hasBegun, 'nova-api gets the request');
      client.close();
      nova.reset();
      expect((await sendWireRequest(service.url, 'GET /next HTTP/1.1')).line).toBe('HTTP/1.1 200 OK');
    },
  );

  it('a facade forwards responses with more headers than Node accepts by default', async () => {
    const headers = Array.from({ length: 3_000 }, (_, index) => `X-${index}: a`);
    nova.respond = (socket) => socket.write(responseBytes('200 OK', headers, 'x'));
    const answer = await sendWireRequest(service.url, 'GET /many HTTP/1.1');
    expect(answer.headers.filter(([name]) => name.startsWith('X-'))).toHaveLength(headers.length);
    expect(answer.body).toBe('x');
  });

  it('a facade enables TCP keep-alive probes on connections to nova-api', async () => {
    let port: number | undefined;
    nova.respond = (socket) => (port = socket.remotePort);
    const client = await connectTo(service);
    client.send(POST);
    await until(() => port !== undefined, 'nova-api gets the request');
    // In a line of /proc/net/tcp, the value 02 means that the connection's keep-alive timer is running. It starts when
    // nova-api has acknowledged all bytes.
    const address = `0100007F:${Number(port).toString(16).toUpperCase().padStart(4, '0')}`;
    const probes = new RegExp(`^ *\\d+: ${address} \\S+ 01 \\S+ 02:`, 'm');
    await until(
      () => probes.test(readFileSync('/proc/net/tcp', 'latin1')),
      'the keep-alive timer of the connection runs',
    );
  });
});

const GZIPPED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n';

function closeWithinResponse(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx', () => socket.destroy());
}

function sendInformationEndlessly(socket: Socket): void {
  const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)), 5);
  socket.on('close', () => {
    clearInterval(timer);
  });
}
