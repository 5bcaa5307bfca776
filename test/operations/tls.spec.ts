import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { makeCertificate } from '../support/http/certificate.js';
import { parseMetrics } from '../support/http/metrics.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { limitDescriptors } from '../support/process/descriptors.js';
import { FakeNova } from '../support/nova/fake.js';
import { until } from '../support/time/until.js';
import { accessLines } from '../support/process/access-log.js';
import { STAYS_OPEN, WireClient } from '../support/http/wire-client.js';

let workplace: WorkingFolder;
let TLS_CERTIFICATE: string;
let TLS_KEY: string;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
  TLS_CERTIFICATE = join(workplace.folder, 'tls.crt');
  TLS_KEY = join(workplace.folder, 'tls.key');
  await certify('first', TLS_CERTIFICATE, TLS_KEY);
});

afterEach(() => workplace.remove());

/** Creates a certificate for 127.0.0.1 that contains the given name and expires after the given number of days. */
function certify(name: string, certificate: string, key: string, days = 30): Promise<void> {
  return makeCertificate({ name, alternatives: 'IP:127.0.0.1', days }, { certificate, key });
}

/** Returns the time when the first certificate in the file expires, in seconds since 1970. */
async function expiryOf(certificate: string): Promise<number> {
  return Date.parse(new X509Certificate(await readFile(certificate)).validTo) / 1_000;
}

/**
 * Waits until the given number of processes run. Returns the values of the metric that contains the expiry of the
 * certificate.
 */
async function expiryIn(service: ServiceProcess, processes = 1): Promise<number[]> {
  let text = '';
  await until(async () => {
    text = await (await fetch(`${await service.operationsUrl()}/metrics`)).text();
    return text.includes(`nova_action_log_processes ${processes}\n`);
  }, 'all processes serve');
  return parseMetrics(text)
    .filter(({ name }) => name === 'nova_action_log_tls_certificate_expiry_timestamp_seconds')
    .map(({ value }) => value);
}

/** Connects to the service. Returns the name in the certificate that it uses. */
async function nameShown(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('TLS', () => {
  it.each(['1', '2'])('the service logs an https address and uses TLS, with WORKERS=%s', async (WORKERS) => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, WORKERS });
    const url = await service.url();
    expect(url).toMatch(/^https:/);
    const ca = await readFile(TLS_CERTIFICATE);
    const asked = request(url + EXAMPLE_PATH, { ca, headers: { 'X-Auth-Token': 'demo-tenant' } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    const versions = request(url, { ca }).end();
    const [list] = (await once(versions, 'response')) as [IncomingMessage];
    let body = '';
    for await (const text of list.setEncoding('utf8')) body += String(text);
    expect(body).toContain(`"href":"${url}/v2.1/"`);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
  });

  it('the service uses a new certificate once the certificate and the key match', async () => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, OPERATIONS_PORT: '0' });
    const url = await service.url();
    expect(await nameShown(url)).toBe('first');
    const first = await expiryOf(TLS_CERTIFICATE);
    expect(await expiryIn(service)).toEqual([first]);
    const next = join(workplace.folder, 'next');
    await certify('second', `${next}.crt`, `${next}.key`, 60);
    await copyFile(`${next}.crt`, TLS_CERTIFICATE);
    await until(
      () => (service.stdout + service.stderr).includes('the previous one stays in use'),
      'the change is detected',
    );
    expect(await nameShown(url)).toBe('first');
    expect(await expiryIn(service)).toEqual([first]);
    await copyFile(`${next}.key`, TLS_KEY);
    await until(async () => (await nameShown(url)) === 'second', 'new connections get the new certificate');
    expect(await expiryIn(service)).toEqual([await expiryOf(TLS_CERTIFICATE)]);
  });

  it('with two workers, the service has one metric for the earliest expiry in the certificate chain', async () => {
    const above = join(workplace.folder, 'above');
    await certify('above', `${above}.crt`, `${above}.key`, 10);
    await appendFile(TLS_CERTIFICATE, await readFile(`${above}.crt`));
    const settings = { TLS_CERTIFICATE, TLS_KEY, OPERATIONS_PORT: '0', WORKERS: '2' };
    expect(await expiryIn(workplace.launch(settings), 2)).toEqual([await expiryOf(`${above}.crt`)]);
  });

  it('without TLS, the service has no metric for the certificate', async () => {
    expect(await expiryIn(workplace.launch({ OPERATIONS_PORT: '0' }))).toEqual([]);
  });

  it('the service uses a new certificate that it could not read at first because no file descriptor was free', async () => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY });
    const url = await service.url();
    limitDescriptors(service.pid, 3);
    await certify('second', TLS_CERTIFICATE, TLS_KEY);
    await until(() => service.stdout.includes('EMFILE'), 'the certificate cannot be read');
    limitDescriptors(service.pid, 1_000);
    await until(async () => (await nameShown(url)) === 'second', 'new connections get the new certificate');
  });

  it('the service closes the connection of a client that does not finish the TLS handshake', async () => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, HEADERS_TIMEOUT: '1' });
    const client = await WireClient.connect(await service.url());
    client.send('\x16\x03\x01');
    const { line, error } = await client.answer();
    expect([line, error]).toEqual(['', undefined]);
    expect(accessLines(service)).toEqual([]);
  });

  it('the service shuts down in time although a client does not finish the TLS handshake', async () => {
    const service = workplace.launch({
      TLS_CERTIFICATE,
      TLS_KEY,
      HEADERS_TIMEOUT: '300',
      SHUTDOWN_TIMEOUT: '1',
    });
    const client = await WireClient.connect(await service.url());
    service.signal('SIGTERM');
    const code = await Promise.race([service.exited(), sleep(60_000, 'still running', { ref: false })]);
    client.close();
    expect(code).toBe(0);
  });

  it('with TLS, the service closes the connections above MAX_CONNECTIONS', async () => {
    const service = workplace.launch({
      TLS_CERTIFICATE,
      TLS_KEY,
      MAX_CONNECTIONS: '1',
      HEADERS_TIMEOUT: '300',
    });
    const url = await service.url();
    const first = await WireClient.connect(url);
    const { line, error } = await (await WireClient.connect(url)).answer();
    expect([line, error]).not.toContain(STAYS_OPEN);
    expect(line).toBe('');
    first.close();
    await until(
      async () => (await nameShown(url).catch(() => '')) === 'first',
      'a new connection is accepted',
    );
    expect(service.isRunning).toBe(true);
  });

  it('the service rejects a TLS version below TLS_MIN_VERSION', async () => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, TLS_MIN_VERSION: 'TLSv1.3' });
    const { port } = new URL(await service.url());
    const socket = connect({ port: Number(port), rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
  });

  it.each([
    ['a missing file', { TLS_CERTIFICATE: '/missing' }, /TLS_CERTIFICATE cannot be read/],
    [
      'a file that is not a certificate',
      { TLS_CERTIFICATE: '/etc/hostname' },
      /do not contain a certificate and its private key/,
    ],
    [
      'a key instead of its path',
      { TLS_KEY: '-----BEGIN PRIVATE KEY-----' },
      /^nova-action-log cannot start: TLS_KEY cannot be read \(ENOENT\); for example TLS_KEY=\S+\n$/,
    ],
    ['no key', { TLS_KEY: '' }, /TLS_CERTIFICATE and TLS_KEY must both be set/],
  ])('the service does not start if the TLS settings have %s', async (_what, settings, wrong) => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, ...settings });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(/^nova-action-log cannot start: [^\n]*\n$/);
    expect(service.stderr).toMatch(wrong);
  });

  it('with TLS, the service responds to a client that closes the sending half of its connection', async () => {
    const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY });
    const { port } = new URL(await service.url());
    const ca = await readFile(TLS_CERTIFICATE);
    const socket = connect({ port: Number(port), host: '127.0.0.1', ca });
    socket.allowHalfOpen = true;
    socket.end(`GET ${EXAMPLE_PATH} HTTP/1.1\r\nHost: a\r\nX-Auth-Token: demo-tenant\r\n\r\n`);
    let text = '';
    for await (const part of socket) text += String(part);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK[^]*instanceAction/);
  });

  it('with TLS, the service closes the client connection if nova-api resets the connection to the service within a response, and serves other clients', async () => {
    const nova = new FakeNova();
    let breakOff = (): unknown => undefined;
    nova.respond = (socket) => {
      breakOff = () => socket.resetAndDestroy();
      socket.write('HTTP/1.0 200 OK\r\n\r\nbegin');
    };
    try {
      const UPSTREAM_NOVA_URL = await nova.start();
      const TOKENS_FILE = DEMO_TOKENS;
      const service = workplace.launch({ TLS_CERTIFICATE, TLS_KEY, UPSTREAM_NOVA_URL, TOKENS_FILE });
      const url = await service.url();
      const asked = request(`${url}/x`, { ca: await readFile(TLS_CERTIFICATE) }).end();
      asked.on('error', () => undefined);
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      breakOff();
      await expect(answer.toArray()).rejects.toThrow();
      expect(await nameShown(url)).toBe('first');
      expect(service.output).not.toContain('uncaught error');
    } finally {
      await nova.stop();
    }
  });
});
