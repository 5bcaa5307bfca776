import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import { personaTokens } from '../support/service/service.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';
import { STAYS_OPEN, WireClient } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const OWN = `GET /v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${personaTokens['admin'] ?? ''}\r\n\r\n`;
const SLOW = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n';

const started = startedServices();
const keep = closeAfterAll();

const nova = keep(new FakeNova());
let UPSTREAM_NOVA_URL: string;

beforeAll(async () => {
  UPSTREAM_NOVA_URL = await nova.start();
});

afterEach(() => {
  nova.reset();
});

/**
 * Makes the simulated nova-api delay its responses.
 *
 * @returns a function that sends the responses to all requests received so far
 */
function delayResponses(): () => void {
  const waiting: Socket[] = [];
  nova.respond = (socket) => waiting.push(socket);
  return () => {
    for (const socket of waiting.splice(0)) socket.write(responseBytes('200 OK', [], 'late'));
  };
}

/** Matches an interim response. On a slow machine, the service sometimes sends it while a response takes long. */
const INTERIM = /HTTP\/1\.1 100 Continue\r\n\r\n/g;

/** Returns the statuses of all responses, except interim responses. */
function statusesIn(text: string): string[] {
  return [...text.replaceAll(INTERIM, '').matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
}

describe('pipelined requests', () => {
  it.each([
    ['without a body', SLOW],
    ['with a body', 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'],
  ])(
    'sixteen pipelined requests %s start at a time; further ones start after responses',
    async (_how, request) => {
      const { url } = await started({ UPSTREAM_NOVA_URL });
      const sendResponses = delayResponses();
      const client = await WireClient.connect(url);
      client.send(request.repeat(300));
      await until(() => nova.requests.length >= 16, 'nova-api gets sixteen requests');
      // The client sends a request over another connection. When nova-api receives it, the service has processed all
      // data that it read before.
      const other = await WireClient.connect(url);
      other.send(SLOW.replace('slow', 'other'));
      await until(
        () => nova.requests.at(-1)?.line.includes('/other') === true,
        'nova-api gets the other request',
      );
      expect(nova.requests.length).toBeLessThanOrEqual(18);
      const startedCount = nova.requests.length;
      sendResponses();
      await until(() => nova.requests.length > startedCount, 'more requests start');
      client.close();
      other.close();
    },
  );

  it('800 pipelined requests get their responses in order', async () => {
    const { url } = await started();
    const client = await WireClient.connect(url);
    const missing = OWN.replace('os-instance-actions', 'os-instance-actions/none');
    client.send(`${OWN}${missing}`.repeat(400));
    await until(() => statusesIn(client.text).length === 800, 'all responses have arrived');
    expect(statusesIn(client.text).join(' ')).toBe(Array(400).fill('200 404').join(' '));
    client.close();
  });

  it('with PIPELINED_REQUESTS=1, pipelined requests with bodies start one at a time', async () => {
    const { url } = await started({ PIPELINED_REQUESTS: '1', UPSTREAM_NOVA_URL });
    const client = await WireClient.connect(url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'.repeat(20));
    await until(() => statusesIn(client.text).length === 20, 'all responses have arrived');
    expect(nova.requests.map(({ body }) => body)).toEqual(Array(20).fill('body'));
    client.close();
  });
});

describe('a client that closes the sending half of its connection', () => {
  /**
   * Sends requests and closes the sending half of the connection. @returns all text received until the service closes
   * the connection
   */
  async function sendAndEnd(url: string, requests: string): Promise<string> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.end(requests);
    let text = '';
    for await (const part of socket) text += String(part);
    return text;
  }

  it('a client that closes the sending half of its connection gets the response to its request', async () => {
    const { url } = await started();
    expect(statusesIn(await sendAndEnd(url, OWN))).toEqual(['200']);
    expect(await sendAndEnd(url, OWN.replace('1.1', '1.0'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a client that closes the sending half of its connection gets all responses, even to requests that have not started yet', async () => {
    const { url } = await started();
    expect(statusesIn(await sendAndEnd(url, OWN.repeat(100)))).toEqual(Array(100).fill('200'));
  });

  it('a client that closes the sending half of its connection gets the response of nova-api, even if the response takes a second', async () => {
    const { url } = await started({ UPSTREAM_NOVA_URL });
    expect((await sendAndEnd(url, SLOW)).replaceAll(INTERIM, '')).toMatch(/^HTTP\/1\.1 200 OK[^]*nova$/);
    const sendResponses = delayResponses();
    const text = sendAndEnd(url, SLOW);
    await until(() => nova.requests.length === 2, 'nova-api gets the request');
    setTimeout(sendResponses, 1_000);
    expect(await text).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n){1,2}HTTP\/1\.1 200 OK[^]*late$/);
  });
});

it('the service detects that a client has closed the connection, even while more pipelined requests wait than the service reads', async () => {
  const { url } = await started({ UPSTREAM_NOVA_URL });
  delayResponses();
  const client = await WireClient.connect(url);
  client.send(SLOW.repeat(4_000));
  await until(() => nova.requests.length === 16, 'nova-api gets sixteen requests');
  expect(nova.open).toBe(16);
  client.close();
  await until(() => nova.open === 0, 'the connections to nova-api are closed');
});

describe('a client that does not read', () => {
  const LARGE = 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n';

  it('the service closes the connection of a client that reads nothing for SEND_TIMEOUT, but not of a client that reads slowly', async () => {
    const { url } = await started({ SEND_TIMEOUT: '3' });
    const [stopped, slow] = await Promise.all([WireClient.connect(url), WireClient.connect(url)]);
    for (const client of [stopped, slow]) {
      client.socket.pause();
      client.send(LARGE.repeat(400));
    }
    const reading = setInterval(() => {
      slow.socket.resume();
      setImmediate(() => slow.socket.pause());
    }, 100);
    let isClosed = false;
    stopped.socket.once('error', () => (isClosed = true)).once('close', () => (isClosed = true));
    // If its receive buffer is full, a client detects that the service has closed the connection only when it sends
    // data.
    const sending = setInterval(() => stopped.socket.write('x'), 50);
    await until(() => isClosed, 'the service closes the connection');
    clearInterval(sending);
    clearInterval(reading);
    slow.socket.resume();
    await until(() => statusesIn(slow.text).length === 400, 'the slow client gets everything');
    slow.close();
    stopped.close();
  });

  it('the service closes a connection if more than MAX_UNREAD_BYTES of responses wait for an earlier response', async () => {
    const { url } = await started({ MAX_UNREAD_BYTES: '2048', UPSTREAM_NOVA_URL });
    const sendResponses = delayResponses();
    const small = await WireClient.connect(url);
    small.send(SLOW + OWN);
    const large = await WireClient.connect(url);
    large.send(SLOW + LARGE);
    expect((await large.answer()).error).not.toBe(STAYS_OPEN);
    expect(large.text).toBe('');
    sendResponses();
    await small.receive('instanceActions');
    small.close();
  });
});
