import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dirname, join } from 'node:path';
import { parseMetrics, total } from '../support/http/metrics.js';
import { WireClient } from '../support/http/wire-client.js';
import { builtService } from '../support/process/build.js';
import type { ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { metricsOf } from '../support/process/access-log.js';
import { until } from '../support/time/until.js';

const PROGRAM = join(import.meta.dirname, '..', 'support', 'process', 'streaming-service.js');

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

async function launched(environment: Record<string, string>): Promise<ServiceProcess> {
  const build = join(dirname(await builtService()), '..', 'build');
  return workplace.launch(environment, { program: PROGRAM, options: [build] });
}

/** Sends a request, and waits for the start of the response. */
async function open(service: ServiceProcess, path: string, start: string): Promise<WireClient> {
  const client = await WireClient.connect(await service.url());
  client.send(`GET ${path} HTTP/1.1\r\nHost: nova.example.org\r\n\r\n`);
  await client.receive(start);
  return client;
}

describe('a service that streams', () => {
  it('the service closes its streams on SIGTERM, then finishes the other requests, and exits with code 0', async () => {
    const service = await launched({ SHUTDOWN_TIMEOUT: '3600' });
    const stream = await open(service, '/stream', 'data: first');
    const other = await open(service, '/after', '\r\n\r\n');
    service.signal('SIGTERM');
    const { headers, body, error } = await stream.answer();
    expect([body, error]).toEqual([expect.stringMatching(/last words\n\n\r\n0\r\n\r\n$/), undefined]);
    expect(headers.map((header) => header.join(': ').toLowerCase())).toContain('connection: close');
    expect((await other.answer()).body).toContain('after the streams');
    expect(await service.exited()).toBe(0);
    expect(service.stderr).toBe('');
  });

  it('the service interrupts a stream that does not finish within SHUTDOWN_TIMEOUT, and logs the interruption', async () => {
    const service = await launched({ SHUTDOWN_TIMEOUT: '1' });
    const stream = await open(service, '/stream?deaf', 'data: first');
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
    expect((await stream.answer()).body).not.toContain('last words');
    expect(service.stderr).toBe('nova-action-log shuts down with unfinished requests: 1\n');
  });

  it('the service logs a line when a stream starts, and keeps streams out of the histogram of durations', async () => {
    const service = await launched({});
    const stream = await open(service, '/stream', 'data: first');
    const before = parseMetrics(await metricsOf(service));
    expect(total(before, 'http_streams_in_flight')).toBe(1);
    // The request for the metrics is the only one in progress.
    expect(total(before, 'http_requests_in_flight')).toBe(1);
    const line = { method: 'GET', path: '/stream', route: '/stream', kind: 'stream' };
    await until(() => service.log.some((each) => each.msg === 'stream starts'), 'the stream is logged');
    expect(service.log).toContainEqual(expect.objectContaining({ ...line, msg: 'stream starts' }));
    stream.close();
    const ended = expect.objectContaining({ ...line, msg: 'request', status: 200, cut: true });
    await until(
      () => service.log.some((each) => each.msg === 'request' && each.path === '/stream'),
      'the end of the stream is logged',
    );
    expect(service.log).toContainEqual(ended);
    const after = parseMetrics(await metricsOf(service));
    expect(total(after, 'http_streams_in_flight')).toBe(0);
    expect(total(after, 'http_requests_total', { route: '/stream', kind: 'stream' })).toBe(1);
    expect(total(after, 'http_request_duration_seconds_count', { route: '/stream' })).toBe(0);
  });
});
