import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../support/http/certificate.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import { sendWireRequest } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable';

/** These tests use the built service, and a simulated nova-api with a TLS certificate for `localhost` and 127.0.0.1. */
describe('a nova-api with TLS', () => {
  let folder: string;
  let certificate: string;
  const servers: Server[] = [];
  let port = 0;
  let workplace: WorkingFolder;

  const keep = closeAfterAll();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tls-'));
    keep(() => rm(folder, { recursive: true }));
    certificate = join(folder, 'cert.pem');
    const key = join(folder, 'key.pem');
    const subject = { name: 'nova', alternatives: 'DNS:localhost,IP:127.0.0.1' };
    await makeCertificate(subject, { certificate, key });
    const credentials = { key: await readFile(key), cert: await readFile(certificate) };
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const nova = createServer(credentials, (request, response) => {
        response.end(`nova over TLS, for ${request.headers.host ?? ''}`);
      }).listen(port, address);
      await once(nova, 'listening');
      port = (nova.address() as AddressInfo).port;
      servers.push(nova);
    }
    workplace = keep(await WorkingFolder.create());
  });

  afterAll(() => {
    for (const nova of servers) {
      nova.closeAllConnections();
      nova.close();
    }
  });

  const request = async (host: string, trust: boolean): Promise<readonly [line: string, body: string]> => {
    const service = workplace.launch({
      TOKENS_FILE: DEMO_TOKENS,
      UPSTREAM_NOVA_URL: `https://${host}:${port}`,
      ...(trust && { NODE_EXTRA_CA_CERTS: certificate }),
    });
    const { line, body } = await sendWireRequest(await service.url(), 'GET /v2.1/flavors HTTP/1.1');
    await service.kill();
    return [line, body];
  };

  it.each(['localhost', '127.0.0.1'])(
    'the facade checks the certificate of nova-api against the host in UPSTREAM_NOVA_URL, not the Host header: %s',
    async (host) => {
      expect(await request(host, true)).toEqual(['HTTP/1.1 200 OK', 'nova over TLS, for nova.example.org']);
    },
  );

  it('the facade returns 503 if the certificate of nova-api is not trusted or has another name', async () => {
    expect((await request('localhost', false))[0]).toBe(UNAVAILABLE);
    expect((await request('127.0.0.2', true))[0]).toBe(UNAVAILABLE);
  });
});
