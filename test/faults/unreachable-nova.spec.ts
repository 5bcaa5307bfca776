import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { responseBytes } from '../support/nova/fake.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { startedFacade } from '../support/service/started-facade.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';
import { sendWireRequest, headerValues, type WireAnswer, WireClient } from '../support/http/wire-client.js';

const OWN = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const GET = 'GET /v2.1/flavors HTTP/1.1';

const UNAVAILABLE = {
  serviceUnavailable: {
    code: 503,
    message: 'The service is temporarily unable to answer. Please try again later.',
  },
};
const BAD_GATEWAY = { computeFault: { code: 502, message: 'The compute service sent no valid response.' } };

const facade = startedFacade();
const { nova } = facade;
const started = startedServices();

function expectFault(answer: WireAnswer, status: string, body: object): void {
  expect(answer.line).toBe(`HTTP/1.1 ${status}`);
  expect(JSON.parse(answer.body)).toEqual(body);
  expect(headerValues(answer, 'content-type')).toEqual(['application/json; charset=UTF-8']);
  expect(headerValues(answer, 'x-openstack-request-id')[0]).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(headerValues(answer, 'x-compute-request-id')).toEqual(
    headerValues(answer, 'x-openstack-request-id'),
  );
}

async function ownAnswer(): Promise<number> {
  const answer = await fetch(`${facade.service.url}${OWN}`, {
    headers: { 'X-Auth-Token': 'token-of-admin' },
  });
  return answer.status;
}

describe('a facade with an unreachable nova-api', () => {
  it("while nova-api is unreachable, the facade returns 503 for nova-api's routes and serves its own routes; later, it forwards requests again", async () => {
    expect((await sendWireRequest(facade.service.url, GET)).line).toBe('HTTP/1.1 200 OK');
    await nova.stop();
    for (const line of [GET, 'POST /v2.1/servers HTTP/1.1', 'OPTIONS / HTTP/1.1']) {
      const answer = await sendWireRequest(facade.service.url, line, ['Content-Length: 2'], '{}');
      expectFault(answer, '503 Service Unavailable', UNAVAILABLE);
      expect(headerValues(answer, 'retry-after')).toEqual(['5']);
    }
    const { line, body } = await sendWireRequest(facade.service.url, 'HEAD / HTTP/1.1');
    expect([line, body]).toEqual(['HTTP/1.1 503 Service Unavailable', '']);
    expect(await ownAnswer()).toBe(200);
    await nova.start();
    expect((await sendWireRequest(facade.service.url, GET)).line).toBe('HTTP/1.1 200 OK');
  });

  it('while nova-api does not accept connections, the facade returns 503 within two seconds', async () => {
    const { port, close } = await silentPort();
    const { url } = await started({ UPSTREAM_NOVA_URL: `http://127.0.0.1:${port}` });
    try {
      const begun = Date.now();
      expectFault(await sendWireRequest(url, GET), '503 Service Unavailable', UNAVAILABLE);
      expect(Date.now() - begun).toBeLessThan(2_000 + BUSY_MACHINE_MARGIN);
    } finally {
      close();
    }
  });
});

describe('a facade with a failing nova-api', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['without a response', (socket) => socket.destroy()],
    ['with a reset', (socket) => socket.resetAndDestroy()],
    ['within the header', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['after bytes that are not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
    ['after a malformed header', (socket) => socket.end('HTTP/1.1 200 OK\r\nA B: 1\r\n\r\n')],
    [
      'after two Content-Length headers',
      (socket) => socket.end(responseBytes('200 OK', ['Content-Length: 1', 'Content-Length: 2'], 'x')),
    ],
    ['after an unrequested transfer coding', (socket) => socket.end(codedAnswer('gzip, chunked'))],
    ['after an unknown transfer coding', (socket) => socket.end(codedAnswer('xchunked'))],
    ['after an empty transfer coding', (socket) => socket.end(codedAnswer(''))],
    ['after an invalid status', (socket) => socket.end(responseBytes('099 Low'))],
    ['after a reason phrase with control bytes', (socket) => socket.end(responseBytes('200 \x01'))],
    [
      'after a change of the protocol',
      (socket) => socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
    [
      'after a header of 70 KB',
      (socket) => socket.end(responseBytes('200 OK', [`X-A: ${'a'.repeat(70_000)}`])),
    ],
  ])('the facade returns 502 if nova-api closes the connection %s', async (_when, breakOff) => {
    nova.respond = breakOff;
    for (const line of [GET, 'POST /v2.1/servers HTTP/1.1']) {
      nova.requests.length = 0;
      expectFault(
        await sendWireRequest(facade.service.url, line, ['Content-Length: 2'], '{}'),
        '502 Bad Gateway',
        BAD_GATEWAY,
      );
      expect(nova.requests).toHaveLength(1);
    }
    expect(await ownAnswer()).toBe(200);
  });

  it('if nova-api closes the connection without reading the request, the facade returns 502 to a client that sends its whole request first', async () => {
    let heads = 0;
    nova.onHead = (socket) => {
      heads += 1;
      socket.destroy();
    };
    const client = await WireClient.connect(facade.service.url);
    const piece = 'x'.repeat(1_000_000);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10000000\r\n\r\n');
    await until(() => heads > 0, 'nova-api gets the header');
    client.socket.pause();
    for (let sent = 0; sent < 10; sent += 1) {
      client.send(piece);
      await sleep(100);
    }
    client.socket.resume();
    const answer = await client.answer();
    expectFault(answer, '502 Bad Gateway', BAD_GATEWAY);
    expect(answer.error).toBeUndefined();
  });

  it.each([
    ['with Content-Length', 'HTTP/1.1', 'Content-Length: 99'],
    ['in chunks', 'HTTP/1.1', 'Transfer-Encoding: chunked'],
    ['in chunks, for an HTTP/1.0 client', 'HTTP/1.0', 'Transfer-Encoding: chunked'],
    ['with Content-Length, for an HTTP/1.0 client', 'HTTP/1.0', 'Content-Length: 99'],
    ['that ends with the connection, which is reset', 'HTTP/1.1', 'Connection: close'],
  ])(
    'the facade resets the connection to the client if nova-api closes the connection to the facade within a response %s',
    async (_what, version, framing) => {
      nova.respond = (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n4\r\nnova\r\n`);
        // A response without a length is complete if nova-api closes the connection, and incomplete if nova-api resets
        // it.
        setTimeout(() => (framing === 'Connection: close' ? socket.resetAndDestroy() : socket.destroy()), 50);
      };
      const answer = await sendWireRequest(facade.service.url, `GET /v2.1/flavors ${version}`);
      expect(answer.line).toBe('HTTP/1.1 200 OK');
      expect(answer.error).toBe('ECONNRESET');
      expect(await ownAnswer()).toBe(200);
    },
  );

  it('the facade forwards a response that nova-api sends before nova-api has read the whole request', async () => {
    nova.onHead = (socket) => socket.end(responseBytes('413 Too Large', ['Connection: close'], 'stop'));
    const client = await WireClient.connect(facade.service.url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\nbeginning');
    await client.receive('HTTP/1.1 413 Too Large');
    await client.receive('stop');
    // The service reads and discards the rest of the request body, so that the client can send another request over the
    // connection.
    client.send('x'.repeat(8_000_000 - 'beginning'.length));
    nova.reset();
    client.send('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.answer();
    expect(nova.request.line).toBe('GET /next HTTP/1.1');
  });
});

function codedAnswer(coding: string): Buffer {
  return responseBytes('200 OK', [`Transfer-Encoding: ${coding}`], '1\r\nx\r\n0\r\n\r\n');
}

/**
 * Returns a port that neither accepts nor rejects connections: SIGSTOP has stopped the listening process, and its queue
 * of new connections is full.
 */
async function silentPort(): Promise<{ port: number; close: () => void }> {
  const script =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, " +
    '() => console.log(s.address().port))';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output);
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let isAccepted = true; isAccepted && fillers.length < 20;) {
    const filler = connect(port, '127.0.0.1');
    fillers.push(filler.on('error', () => undefined));
    isAccepted = await Promise.race([once(filler, 'connect').then(() => true), sleep(300).then(() => false)]);
  }
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    },
  };
}
