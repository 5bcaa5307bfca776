import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { wireAnswer } from '../support/nova/fake.js';
import { BUSY } from '../support/time/in-time.js';
import { startedFacade } from '../support/service/started-facade.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';
import { askWire, valuesOf, type WireAnswer, WireClient } from '../support/http/wire-client.js';

const OWN = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const GET = 'GET /v2.1/flavors HTTP/1.1';

const AWAY = {
  serviceUnavailable: {
    code: 503,
    message: 'The service is temporarily unable to answer. Please try again later.',
  },
};
const BROKEN = { computeFault: { code: 502, message: 'The compute service gave no valid answer.' } };

const facade = startedFacade();
const { nova } = facade;
const started = startedServices();

function expectFault(answer: WireAnswer, status: string, body: object): void {
  expect(answer.line).toBe(`HTTP/1.1 ${status}`);
  expect(JSON.parse(answer.body)).toEqual(body);
  expect(valuesOf(answer, 'content-type')).toEqual(['application/json; charset=UTF-8']);
  expect(valuesOf(answer, 'x-openstack-request-id')[0]).toMatch(/^req-[0-9a-f-]{36}$/);
  expect(valuesOf(answer, 'x-compute-request-id')).toEqual(valuesOf(answer, 'x-openstack-request-id'));
}

async function ownAnswer(): Promise<number> {
  const answer = await fetch(`${facade.service.url}${OWN}`, {
    headers: { 'X-Auth-Token': 'token-of-admin' },
  });
  return answer.status;
}

describe('while Nova is unreachable', () => {
  it('while nova-api is unreachable, the facade answers 503 for it, answers its own routes, and passes requests on when it is back', async () => {
    expect((await askWire(facade.service.url, GET)).line).toBe('HTTP/1.1 200 OK');
    await nova.stop();
    for (const line of [GET, 'POST /v2.1/servers HTTP/1.1', 'OPTIONS / HTTP/1.1']) {
      const answer = await askWire(facade.service.url, line, ['Content-Length: 2'], '{}');
      expectFault(answer, '503 Service Unavailable', AWAY);
      expect(valuesOf(answer, 'retry-after')).toEqual(['5']);
    }
    const { line, body } = await askWire(facade.service.url, 'HEAD / HTTP/1.1');
    expect([line, body]).toEqual(['HTTP/1.1 503 Service Unavailable', '']);
    expect(await ownAnswer()).toBe(200);
    await nova.start();
    expect((await askWire(facade.service.url, GET)).line).toBe('HTTP/1.1 200 OK');
  });

  it('while nova-api does not accept a connection, the facade answers 503 within two seconds', async () => {
    const { port, close } = await silentPort();
    const { url } = await started({ UPSTREAM_NOVA_URL: `http://127.0.0.1:${port}` });
    try {
      const begun = Date.now();
      expectFault(await askWire(url, GET), '503 Service Unavailable', AWAY);
      expect(Date.now() - begun).toBeLessThan(2_000 + BUSY);
    } finally {
      close();
    }
  });
});

describe('where Nova breaks off', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['without a word', (socket) => socket.destroy()],
    ['with a reset', (socket) => socket.resetAndDestroy()],
    ['within the header', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['after what is no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
    ['after a header that is none', (socket) => socket.end('HTTP/1.1 200 OK\r\nA B: 1\r\n\r\n')],
    [
      'after two lengths',
      (socket) => socket.end(wireAnswer('200 OK', ['Content-Length: 1', 'Content-Length: 2'], 'x')),
    ],
    ['after a coding that nobody asked for', (socket) => socket.end(codedAnswer('gzip, chunked'))],
    ['after a coding that is none', (socket) => socket.end(codedAnswer('xchunked'))],
    ['after an empty coding', (socket) => socket.end(codedAnswer(''))],
    ['after a status that is none', (socket) => socket.end(wireAnswer('099 Low'))],
    ['after a reason of control bytes', (socket) => socket.end(wireAnswer('200 \x01'))],
    [
      'to change the protocol',
      (socket) => socket.write('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
    [
      'after a header without end',
      (socket) => socket.end(wireAnswer('200 OK', [`X-A: ${'a'.repeat(70_000)}`])),
    ],
  ])('the facade answers 502 where nova-api ends the connection %s', async (_when, breakOff) => {
    nova.answer = breakOff;
    for (const line of [GET, 'POST /v2.1/servers HTTP/1.1']) {
      nova.requests.length = 0;
      expectFault(
        await askWire(facade.service.url, line, ['Content-Length: 2'], '{}'),
        '502 Bad Gateway',
        BROKEN,
      );
      expect(nova.requests).toHaveLength(1);
    }
    expect(await ownAnswer()).toBe(200);
  });

  it('the facade answers 502 to a client that first sends the whole request where nova-api ends the connection before reading it', async () => {
    let heads = 0;
    nova.onHead = (socket) => {
      heads += 1;
      socket.destroy();
    };
    const client = await WireClient.connect(facade.service.url);
    const piece = 'x'.repeat(1_000_000);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10000000\r\n\r\n');
    await until(() => heads > 0, 'Nova gets the header');
    client.socket.pause();
    for (let sent = 0; sent < 10; sent += 1) {
      client.send(piece);
      await sleep(100);
    }
    client.socket.resume();
    const answer = await client.answer();
    expectFault(answer, '502 Bad Gateway', BROKEN);
    expect(answer.error).toBeUndefined();
  });

  it.each([
    ['of a length', 'HTTP/1.1', 'Content-Length: 99'],
    ['in chunks', 'HTTP/1.1', 'Transfer-Encoding: chunked'],
    ['in chunks, to a client of HTTP/1.0', 'HTTP/1.0', 'Transfer-Encoding: chunked'],
    ['of a length, to a client of HTTP/1.0', 'HTTP/1.0', 'Content-Length: 99'],
    ['whose end would be that of a connection that is reset', 'HTTP/1.1', 'Connection: close'],
  ])(
    'the facade cuts the client’s connection where nova-api ends its own within a response %s',
    async (_what, version, framing) => {
      nova.answer = (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n4\r\nnova\r\n`);
        // An answer without a length is whole where its connection is closed, and broken off where that is reset.
        setTimeout(() => (framing === 'Connection: close' ? socket.resetAndDestroy() : socket.destroy()), 50);
      };
      const answer = await askWire(facade.service.url, `GET /v2.1/flavors ${version}`);
      expect(answer.line).toBe('HTTP/1.1 200 OK');
      expect(answer.error).toBe('ECONNRESET');
      expect(await ownAnswer()).toBe(200);
    },
  );

  it('the client gets a response that nova-api sent before it had read the whole request', async () => {
    nova.onHead = (socket) => socket.end(wireAnswer('413 Too Large', ['Connection: close'], 'stop'));
    const client = await WireClient.connect(facade.service.url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\nbeginning');
    await client.receive('HTTP/1.1 413 Too Large');
    await client.receive('stop');
    // What is left of the body is taken and dropped, so that the connection serves on.
    client.send('x'.repeat(8_000_000 - 'beginning'.length));
    nova.reset();
    client.send('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.answer();
    expect(nova.request.line).toBe('GET /next HTTP/1.1');
  });
});

function codedAnswer(coding: string): Buffer {
  return wireAnswer('200 OK', [`Transfer-Encoding: ${coding}`], '1\r\nx\r\n0\r\n\r\n');
}

/** A port on which connections are neither taken nor refused: its process stands still, and its queue is full. */
async function silentPort(): Promise<{ port: number; close: () => void }> {
  const script =
    "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, " +
    '() => console.log(s.address().port))';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output);
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let taken = true; taken && fillers.length < 20;) {
    const filler = connect(port, '127.0.0.1');
    fillers.push(filler.on('error', () => undefined));
    taken = await Promise.race([once(filler, 'connect').then(() => true), sleep(300).then(() => false)]);
  }
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
    },
  };
}
