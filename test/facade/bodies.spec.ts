import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues, WireClient } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const MIB = 1024 * 1024;
const LARGE = 50 * MIB;
/**
 * An upper limit for the total size of all buffers between the client and nova-api, in bytes. The large bodies in these
 * tests are larger.
 */
const BUFFERED = 25 * MIB;

const chunk = randomBytes(MIB);

/** The digest of the large body, which consists of copies of one chunk. */
const digest = ((): string => {
  const hash = createHash('sha256');
  for (let sent = 0; sent < LARGE; sent += MIB) hash.update(chunk);
  return hash.digest('hex');
})();

let store: TestStore;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await createSqlite());
});

describe('a body', () => {
  const keep = closeAfterAll();

  const nova = keep(new FakeNova());
  let service: RunningService;

  beforeAll(async () => {
    service = keep(await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: await nova.start() }));
  });

  beforeEach(() => {
    nova.reset();
  });

  it.each(['POST', 'PUT', 'PATCH', 'GET', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'the facade forwards the body of a %s request unchanged, whether the body has a Content-Length or arrives in chunks',
    async (method) => {
      const bytes = '{"not": json\x00\xff';
      const type = 'Content-Type: application/json';
      await sendWireRequest(
        service.url,
        `${method} /v2.1/x HTTP/1.1`,
        [type, `Content-Length: ${bytes.length}`],
        bytes,
      );
      expect(nova.request.body).toBe(bytes);
      expect(headerValues(nova.request, 'content-length')).toEqual([String(bytes.length)]);
      nova.reset();
      const chunks = `5;extension=1\r\n{"not\r\n9\r\n": json\x00\xff\r\n0\r\nX-Trailer: 1\r\n\r\n`;
      await sendWireRequest(
        service.url,
        `${method} /v2.1/x HTTP/1.1`,
        ['Transfer-Encoding: chunked'],
        chunks,
      );
      const { body } = nova.request;
      expect(body.replace(/[\da-f]+\r\n|\r\n/gi, '')).toBe(bytes);
      expect(headerValues(nova.request, 'transfer-encoding')).toEqual(['chunked']);
      expect(headerValues(nova.request, 'content-length')).toEqual([]);
    },
  );

  it.each([
    ['POST', ['Content-Length', '0']],
    ['GET', undefined],
    ['DELETE', undefined],
  ])(
    'the facade forwards a %s request without a body as a request without a body',
    async (method, framing) => {
      await sendWireRequest(service.url, `${method} /v2.1/x HTTP/1.1`);
      const received = nova.request.headers.find(([name]) => /length|encoding/i.test(name));
      expect([nova.request.body, received]).toEqual(['', framing]);
    },
  );

  it('the facade sends 100 Continue to a client that waits for it, and forwards the body', async () => {
    const client = await WireClient.connect(service.url);
    client.send(
      'POST /v2.1/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n',
    );
    await client.receive('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('body');
    await client.receive('HTTP/1.1 200 OK');
    expect(nova.request.body).toBe('body');
    expect(headerValues(nova.request, 'expect')).toEqual([]);
    client.close();
  });

  it('the facade sends an HTTP/1.0 client a response without chunks, and closes the connection at the end of the response', async () => {
    nova.respond = (socket) =>
      socket.write(
        responseBytes('200 OK', ['Transfer-Encoding: chunked'], '4\r\nnova\r\n2\r\n!!\r\n0\r\n\r\n'),
      );
    const client = await WireClient.connect(service.url);
    client.send('GET /v2.1/x HTTP/1.0\r\nHost: a\r\n\r\n');
    const { line, headers, body, error } = await client.answer();
    expect([line, body, error]).toEqual(['HTTP/1.1 200 OK', 'nova!!', undefined]);
    expect(headerValues({ headers }, 'transfer-encoding')).toEqual([]);
  });

  it('the facade forwards the complete body of a response that nova-api ends by closing the connection', async () => {
    nova.respond = (socket) => socket.end('HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nnova');
    const { body } = await sendWireRequest(service.url, 'GET /v2.1/x HTTP/1.1');
    expect(body).toBe('4\r\nnova\r\n0\r\n\r\n');
  });

  it('the facade forwards the headers and each part of the body as soon as nova-api sends them', async () => {
    let more: ((text: string) => void) | undefined;
    nova.respond = (socket) => {
      more = (text) => socket.write(text);
      more('HTTP/1.1 200 OK\r\nX-Bytes: 1\r\nContent-Length: 8\r\n\r\n');
    };
    const client = await WireClient.connect(service.url);
    client.send('GET /v2.1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.receive('\r\n\r\n');
    more?.('half');
    await client.receive('\r\n\r\nhalf');
    more?.('half');
    expect((await client.answer()).body).toBe('halfhalf');
  });

  it('a client that pipelines requests receives the responses in the order of the requests', async () => {
    nova.respond = (socket, { line }) => {
      // The simulated nova-api responds to the first request later than to the other requests.
      setTimeout(() => socket.write(responseBytes('200 OK', [], line)), line.includes('/1') ? 100 : 0);
    };
    const client = await WireClient.connect(service.url);
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    client.send(numbers.map((number) => `GET /${number}/ HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    await client.receive('GET /20/ HTTP/1.1');
    const answered = [...client.text.matchAll(/GET \/(\d+)\/ HTTP/g)].map(([, number]) => Number(number));
    expect(answered).toEqual(numbers);
    client.close();
  });
});

describe('a large body', () => {
  let serve: (request: IncomingMessage, response: ServerResponse) => void;
  let nova: Server;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    nova = keep(
      createServer((request, response) => {
        serve(request, response);
      }).listen(0, '127.0.0.1'),
    );
    await once(nova, 'listening');
    const url = `http://127.0.0.1:${(nova.address() as AddressInfo).port}`;
    service = keep(await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: url }));
  });

  afterAll(() => {
    nova.closeAllConnections();
  });

  it.each(['Content-Length', 'Transfer-Encoding'])(
    'the facade stops reading a large request body while nova-api does not read it, and forwards it completely: %s',
    async (framing) => {
      const hash = createHash('sha256');
      let go: (() => void) | undefined;
      serve = (request, response) => {
        go = () => request.on('data', (data: Buffer) => hash.update(data));
        request.on('end', () => response.end(hash.digest('hex')));
      };
      const client = await WireClient.connect(service.url);
      const isChunked = framing === 'Transfer-Encoding';
      client.send(
        `POST /v2.1/images HTTP/1.1\r\nHost: a\r\nConnection: close\r\n` +
          `${framing}: ${isChunked ? 'chunked' : String(LARGE)}\r\n\r\n`,
      );
      let sent = 0;
      const sending = (async () => {
        for (; sent < LARGE; sent += MIB) {
          if (isChunked) client.socket.write(`${MIB.toString(16)}\r\n`);
          const flows = client.socket.write(chunk);
          if (isChunked) client.socket.write('\r\n');
          if (!flows) await once(client.socket, 'drain');
        }
        if (isChunked) client.socket.write('0\r\n\r\n');
      })();
      await untilConstant(() => sent);
      expect(sent).toBeLessThan(BUFFERED);
      go?.();
      await sending;
      expect((await client.answer()).body).toContain(digest);
    },
  );

  it.each(['Content-Length', 'Transfer-Encoding'])(
    'the facade stops reading a large response body while the client does not read it, and forwards it completely: %s',
    async (framing) => {
      let sent = 0;
      serve = (_request, response) => {
        if (framing === 'Content-Length') response.setHeader('Content-Length', LARGE);
        void (async () => {
          for (; sent < LARGE; sent += MIB) {
            if (!response.write(chunk)) await once(response, 'drain');
          }
          response.end();
        })();
      };
      const answer = await fetch(`${service.url}/v2.1/images`);
      await untilConstant(() => sent);
      expect(sent).toBeLessThan(BUFFERED);
      const hash = createHash('sha256');
      for await (const data of answer.body ?? []) hash.update(data as Uint8Array);
      expect(hash.digest('hex')).toBe(digest);
    },
  );
});

/** Waits until a number is greater than 0 and has not changed for 300 ms. */
async function untilConstant(value: () => number): Promise<void> {
  let last = 0;
  for (let same = 0; same < 15;) {
    await sleep(20);
    same = value() > 0 && value() === last ? same + 1 : 0;
    last = value();
  }
}
