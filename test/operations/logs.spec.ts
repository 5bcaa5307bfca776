import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import {
  accessLines,
  sendRequest,
  accessLineAfter,
  metricsOf,
  sendBytes,
} from '../support/process/access-log.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import { EXAMPLE_PATH, type LogLine, type ServiceProcess } from '../support/process/process.js';
import { until } from '../support/time/until.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';

const GLOBAL_ID = 'req-01234567-89ab-4cde-8f01-23456789abcd';
const REQUEST_ID = /^req-[0-9a-f]{8}-[0-9a-f-]{27}$/;
const TENANT = { 'X-Auth-Token': 'demo-tenant' };

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

describe('the log line of a request', () => {
  let service: ServiceProcess;
  const keep = closeAfterAll();

  beforeAll(async () => {
    service = keep(await WorkingFolder.create()).launch();
  });

  it('the log line of a request has all documented fields', async () => {
    const headers = {
      ...TENANT,
      'OpenStack-API-Version': 'compute 2.51',
      'X-Openstack-Request-Id': GLOBAL_ID,
    };
    let answer: ReceivedAnswer | undefined;
    const line = await accessLineAfter(service, async () => {
      answer = await sendRequest(service, headers, `${EXAMPLE_PATH}?name=secret`);
    });
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      pid: expect.any(Number),
      logger: 'Access',
      msg: 'request',
      address: '127.0.0.1',
      method: 'GET',
      path: EXAMPLE_PATH,
      route: '/v2.1/servers/:server_id/os-instance-actions/:request_id',
      status: 200,
      length: answer?.body.length,
      microversion: '2.51',
      seconds: expect.any(Number),
      request_id: answer?.headers.get('x-openstack-request-id'),
      global_request_id: GLOBAL_ID,
      user_id: '35746',
      project_id: '453265',
      view: 'external',
    });
    expect(line['seconds']).toBeGreaterThan(0);
    expect(line['seconds']).toBeLessThan(10);
    expect(line['request_id']).toMatch(REQUEST_ID);
  });

  it('the log line of a request names the external or internal view of the response, and no view for an error', async () => {
    const internal = await accessLineAfter(service, () => service.get('demo-admin'));
    expect(internal).toMatchObject({ status: 200, view: 'internal', user_id: '35747' });
    const refused = await accessLineAfter(service, () => service.get('demo-auditor'));
    expect(refused).toMatchObject({ status: 403, user_id: '35748' });
    expect(refused).not.toHaveProperty('view');
    const unknown = await accessLineAfter(service, () => service.get('nobody'));
    expect(unknown).toMatchObject({ status: 401 });
    expect(Object.keys(unknown)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/user|project|view|microversion/)]),
    );
  });

  it.each(['req-1', `${GLOBAL_ID} `.repeat(2), GLOBAL_ID.toUpperCase(), ''])(
    'the log line of a request omits a global request id with an invalid format: %j',
    async (id) => {
      const line = await accessLineAfter(service, () =>
        sendRequest(service, { ...TENANT, 'X-Openstack-Request-Id': id }),
      );
      expect(line).not.toHaveProperty('global_request_id');
    },
  );

  it('the log line of a request has the client address from X-Forwarded-For only if the proxy is trusted', async () => {
    const forwarded = { ...TENANT, 'X-Forwarded-For': '203.0.113.7' };
    expect(await accessLineAfter(service, () => sendRequest(service, forwarded))).toMatchObject({
      address: '127.0.0.1',
    });
    const behind = workplace.launch({ TRUSTED_PROXIES: '127.0.0.1', TOKENS_FILE: DEMO_TOKENS });
    expect(await accessLineAfter(behind, () => sendRequest(behind, forwarded))).toMatchObject({
      address: '203.0.113.7',
    });
  });

  it('invalid input gets a log line with the request id of the response', async () => {
    const line = await accessLineAfter(service, () => sendBytes(service, 'rubbish\r\n\r\n'));
    expect(line).toMatchObject({
      msg: 'invalid request',
      address: '127.0.0.1',
      status: 400,
      request_id: expect.stringMatching(REQUEST_ID),
      code: 'HPE_INVALID_METHOD',
    });
  });

  it('the log line of a request hides a console token, however the path is written, and the user name in an absolute URL', async () => {
    for (const path of [
      '/v2.1/os-console-auth-tokens/s3cret',
      '/v2.1/os%2Dconsole-auth-tokens%2fs3cret?x=s3cret',
      '//v2.1//OS-Console-Auth-Tokens//s3cret/more',
      'http://user:s3cret@host/v2.1/os-migrations',
    ]) {
      const line = await accessLineAfter(service, () =>
        sendBytes(service, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
      );
      expect(line['path']).toMatch(/^\/\/?v2\.1\//);
    }
    expect(service.stdout).not.toContain('s3cret');
  });

  it('the preflight request of a browser gets a log line with the request id of the response', async () => {
    const service = workplace.launch({ CORS_ORIGINS: 'https://horizon.example.org' });
    const url = await service.url();
    const preflight = ['Origin: https://horizon.example.org', 'Access-Control-Request-Method: GET'];
    const requestIds: string[] = [];
    const line = await accessLineAfter(service, async () => {
      const answer = await sendWireRequest(url, `OPTIONS ${EXAMPLE_PATH} HTTP/1.1`, preflight);
      requestIds.push(...headerValues(answer, 'x-openstack-request-id'));
    });
    expect(line).toMatchObject({ method: 'OPTIONS', path: EXAMPLE_PATH, status: 200 });
    expect(requestIds).toEqual([line['request_id']]);
    // `twoHosts` contains a second Host header. The service rejects the request before it adds CORS headers.
    const twoHosts = [...preflight, 'Host: another'];
    const refused = await sendWireRequest(url, `OPTIONS ${EXAMPLE_PATH} HTTP/1.1`, twoHosts);
    expect(headerValues(refused, 'access-control-allow-methods')).toEqual([]);
  });

  it('with ACCESS_LOG=false or LOG_LEVEL=warn, requests get no log line', async () => {
    for (const settings of [{ ACCESS_LOG: 'false' }, { LOG_LEVEL: 'warn' }]) {
      const service = workplace.launch(settings);
      expect((await service.get('demo-tenant')).status).toBe(200);
      service.signal('SIGTERM');
      await service.exited();
      expect(accessLines(service)).toEqual([]);
    }
  });

  it('a request that a facade forwards gets a log line with the number of forwarded body bytes', async () => {
    const nova = new FakeNova();
    const service = workplace.launch({ UPSTREAM_NOVA_URL: await nova.start(), TOKENS_FILE: DEMO_TOKENS });
    const chunked = ['Transfer-Encoding: chunked'];
    nova.respond = (socket) =>
      socket.write(responseBytes('202 Accepted', chunked, '5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n'));
    const line = await accessLineAfter(service, () =>
      sendRequest(service, TENANT, '/v2.1/flavors', 'DELETE'),
    );
    expect(line).toMatchObject({
      method: 'DELETE',
      path: '/v2.1/flavors',
      route: 'upstream',
      status: 202,
      length: 11,
      request_id: expect.stringMatching(REQUEST_ID),
    });
    expect(line).not.toHaveProperty('user_id');
    await nova.stop();
    expect(await accessLineAfter(service, () => sendRequest(service, TENANT, '/v2.1/flavors'))).toMatchObject(
      {
        route: 'upstream',
        status: 503,
      },
    );
  });
});

describe('a client that closes the connection', () => {
  let database: PrivateMariaDb;

  beforeEach(async () => {
    database = await privateMariaDb();
  });

  afterEach(() => database.stop());

  it('a client that closes the connection before the response causes a log line with 499 for each pipelined request', async () => {
    const service = workplace.launch({ DATABASE_URL: await database.createDatabase('cut') });
    await accessLineAfter(service, () => service.get('demo-tenant'));
    database.pause();
    const before = accessLines(service).length;
    const request = `GET ${EXAMPLE_PATH} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: demo-tenant\r\n\r\n`;
    const client = await sendBytes(service, request.repeat(3));
    await sleep(300);
    client.destroy();
    await until(() => accessLines(service).length === before + 3, 'all three are logged');
    database.resume();
    await service.get('demo-tenant');
    await until(() => accessLines(service).length === before + 4, 'the next one is logged');
    const lines = accessLines(service).slice(before);
    expect(lines.slice(0, 3)).toEqual(
      Array(3).fill(expect.objectContaining({ status: 499, cut: true, length: 0 })),
    );
    expect(lines[3]).not.toHaveProperty('cut');
  });
});

describe('an unexpected error', () => {
  /**
   * The requested audit period would begin before the year 1, which causes an error. Nova also returns 500 for this
   * path.
   */
  const PATH = '/v2.1/os-instance_usage_audit_log/0001-01-01%2000:00:00';

  it('an unexpected error gets a log line with the stack of the error and the request id of the response', async () => {
    const service = workplace.launch();
    const answer = await service.get('demo-admin', PATH);
    expect(answer.status).toBe(500);
    await until(() => service.log.some(({ level }) => level === 'error'), 'the line is logged');
    const errors = service.log.filter(({ level }) => level === 'error');
    expect(errors).toEqual([
      expect.objectContaining({
        logger: 'Faults',
        request_id: answer.headers.get('x-openstack-request-id'),
        msg: expect.stringMatching(/^unexpected: no audit period of a month/),
        error: {
          type: 'Error',
          message: expect.stringMatching(/^no audit period of a month/),
          stack: expect.stringMatching(/\n\s+at .*audit-period\.(ts|js)/),
        },
      }),
    ]);
    expect(answer.body).not.toContain('no month');
  });
});

describe('log lines', () => {
  it.each(['json', 'pretty'])('a client cannot forge log lines, with LOG_FORMAT=%s', async (LOG_FORMAT) => {
    const service = workplace.launch({ LOG_FORMAT });
    await service.url();
    const lines = service.stdout.split('\n').length;
    await sendBytes(service, 'GET http://x/%0aFORGED%1b[2J HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => service.stdout.includes('FORGED'), 'the line is logged');
    expect(service.stdout.split('\n')).toHaveLength(lines + 1);
    expect(service.stdout).toContain('/%0AFORGED%1B%5B2J');
  });

  it('log lines with LOG_FORMAT=pretty are human-readable, and lines of requests have the format of nova-api', async () => {
    const service = workplace.launch({ LOG_FORMAT: 'pretty' });
    await service.get('demo-tenant');
    await until(() => service.stdout.includes('status:'), 'the request is logged');
    expect(service.stdout).toMatch(
      /INFO: Access: 127\.0\.0\.1 "GET \/v2\.1\S+" status: 200 len: \d+ microversion: 2\.1 time: \d+\.\d+ \[req-\S+\]\n/,
    );
    expect(service.stdout).not.toContain('{"');
  });

  it('log lines are complete when the service has shut down', async () => {
    const service = workplace.launch();
    await service.url();
    for (let count = 0; count < 20; count += 1) {
      await Promise.all(Array.from({ length: 20 }, () => service.get('demo-tenant')));
    }
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
    expect(accessLines(service)).toHaveLength(400);
  });

  it('log lines of several workers remain whole and wait for a slow reader while the service continues', async () => {
    const service = workplace.launch({ WORKERS: '3' });
    await service.url();
    await until(async () => (await metricsOf(service)).includes('processes 3\n'), 'three workers serve');
    service.pauseStdout();
    // The log line of this path would be longer than 4,096 bytes. Linux does not write such a line to a pipe in one
    // piece.
    const path = `/v2.1/${'x'.repeat(5_000)}`;
    // The lines of these requests are longer in total than the buffers of the pipe and of the reader.
    const total = 300;
    for (let count = 0; count < total; count += 20) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => service.get('demo-tenant', path)));
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(404));
    }
    expect(service.stdout.length).toBeLessThan(total * 4_000);
    service.resumeStdout();
    const lines = (): LogLine[] => accessLines(service).filter(({ status }) => status === 404);
    await until(() => lines().length === total, 'all lines arrive');
    for (const line of lines()) expect(line['path']).toMatch(/^\/v2\.1\/x{2000,}…$/);
    expect(new Set(lines().map(({ pid }) => pid)).size).toBe(3);
  });

  it('the service continues after the reader of the log has exited', async () => {
    const service = workplace.launch();
    await service.url();
    service.closeStdout();
    for (let count = 0; count < 5; count += 1) expect((await service.get('demo-tenant')).status).toBe(200);
    await until(
      async () => /^nova_action_log_log_lines_lost_total [1-9]\d*$/m.test(await metricsOf(service)),
      'the lines are counted',
    );
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(0);
  });
});
