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

/** Lets nova-api hold back its answers. @returns answers all requests that have come */
function held(): () => void {
  const waiting: Socket[] = [];
  nova.respond = (socket) => waiting.push(socket);
  return () => {
    for (const socket of waiting.splice(0)) socket.write(responseBytes('200 OK', [], 'late'));
  };
}

/** What a slow machine may add: the service sends interim responses before one that takes long. */
const INTERIM = /HTTP\/1\.1 100 Continue\r\n\r\n/g;

/** The statuses of all responses, without interim ones. */
function statusesIn(text: string): string[] {
  return [...text.replaceAll(INTERIM, '').matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
}

describe('the requests of one connection', () => {
  it.each([
    ['without a body', SLOW],
    ['with a body', 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'],
  ])(
    'requests of one connection are begun sixteen at a time, and others once there are responses: %s',
    async (_how, request) => {
      const { url } = await started({ UPSTREAM_NOVA_URL });
      const answerAll = held();
      const client = await WireClient.connect(url);
      client.send(request.repeat(300));
      await until(() => nova.requests.length >= 16, 'nova-api gets sixteen requests');
      // A round trip over another connection: what was read before it has been looked at.
      const other = await WireClient.connect(url);
      other.send(SLOW.replace('slow', 'other'));
      await until(
        () => nova.requests.at(-1)?.line.includes('/other') === true,
        'nova-api gets the other request',
      );
      expect(nova.requests.length).toBeLessThanOrEqual(18);
      const begun = nova.requests.length;
      answerAll();
      await until(() => nova.requests.length > begun, 'more are begun');
      client.close();
      other.close();
    },
  );

  it('requests of one connection are all answered, in their order, however many they are', async () => {
    const { url } = await started();
    const client = await WireClient.connect(url);
    const missing = OWN.replace('os-instance-actions', 'os-instance-actions/none');
    client.send(`${OWN}${missing}`.repeat(400));
    await until(() => statusesIn(client.text).length === 800, 'all are answered');
    expect(statusesIn(client.text).join(' ')).toBe(Array(400).fill('200 404').join(' '));
    client.close();
  });

  it('requests of one connection are begun one at a time with PIPELINED_REQUESTS=1, also where each has a body', async () => {
    const { url } = await started({ PIPELINED_REQUESTS: '1', UPSTREAM_NOVA_URL });
    const client = await WireClient.connect(url);
    client.send('POST /v2.1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'.repeat(20));
    await until(() => statusesIn(client.text).length === 20, 'all are answered');
    expect(nova.requests.map(({ body }) => body)).toEqual(Array(20).fill('body'));
    client.close();
  });
});

describe('a client that closes its sending half', () => {
  /** Sends, closes the sending half, and reads until the service closes the connection. */
  async function sendAndEnd(url: string, requests: string): Promise<string> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.end(requests);
    let text = '';
    for await (const part of socket) text += String(part);
    return text;
  }

  it('a client that closes its sending half gets the response to its request', async () => {
    const { url } = await started();
    expect(statusesIn(await sendAndEnd(url, OWN))).toEqual(['200']);
    expect(await sendAndEnd(url, OWN.replace('1.1', '1.0'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a client that closes its sending half gets all responses, where it has sent more requests than are begun at once', async () => {
    const { url } = await started();
    expect(statusesIn(await sendAndEnd(url, OWN.repeat(100)))).toEqual(Array(100).fill('200'));
  });

  it('a client that closes its sending half gets the response of nova-api, also after a while', async () => {
    const { url } = await started({ UPSTREAM_NOVA_URL });
    expect((await sendAndEnd(url, SLOW)).replaceAll(INTERIM, '')).toMatch(/^HTTP\/1\.1 200 OK[^]*nova$/);
    const answerAll = held();
    const text = sendAndEnd(url, SLOW);
    await until(() => nova.requests.length === 2, 'nova-api gets the request');
    setTimeout(answerAll, 1_000);
    expect(await text).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n){1,2}HTTP\/1\.1 200 OK[^]*late$/);
  });
});

it('a client that leaves is noticed, also where more of its requests wait than are read', async () => {
  const { url } = await started({ UPSTREAM_NOVA_URL });
  held();
  const client = await WireClient.connect(url);
  client.send(SLOW.repeat(4_000));
  await until(() => nova.requests.length === 16, 'nova-api gets sixteen requests');
  expect(nova.open).toBe(16);
  client.close();
  await until(() => nova.open === 0, 'the connections to nova-api are closed');
});

describe('a client that does not read', () => {
  const DOCUMENT = 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n';

  it('a client that does not read loses its connection after SEND_TIMEOUT, and one that reads slowly does not', async () => {
    const { url } = await started({ SEND_TIMEOUT: '3' });
    const [still, slow] = await Promise.all([WireClient.connect(url), WireClient.connect(url)]);
    for (const client of [still, slow]) {
      client.socket.pause();
      client.send(DOCUMENT.repeat(400));
    }
    const reading = setInterval(() => {
      slow.socket.resume();
      setImmediate(() => slow.socket.pause());
    }, 100);
    let isClosed = false;
    still.socket.once('error', () => (isClosed = true)).once('close', () => (isClosed = true));
    // A client whose receive buffer is full hears of nothing; it is asked by what it sends.
    const sending = setInterval(() => still.socket.write('x'), 50);
    await until(() => isClosed, 'the service closes the connection');
    clearInterval(sending);
    clearInterval(reading);
    slow.socket.resume();
    await until(() => statusesIn(slow.text).length === 400, 'the slow client gets everything');
    slow.close();
    still.close();
  });

  it('a client that does not read loses its connection where more than MAX_UNREAD_BYTES wait behind a response', async () => {
    const { url } = await started({ MAX_UNREAD_BYTES: '2048', UPSTREAM_NOVA_URL });
    const answerAll = held();
    const small = await WireClient.connect(url);
    small.send(SLOW + OWN);
    const large = await WireClient.connect(url);
    large.send(SLOW + DOCUMENT);
    expect((await large.answer()).error).not.toBe(STAYS_OPEN);
    expect(large.text).toBe('');
    answerAll();
    await small.receive('instanceActions');
    small.close();
  });
});
