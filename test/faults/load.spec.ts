import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConformanceCase } from '../conformance/cases.js';
import { type Fault, type Outcome, underLoad } from './support/load.js';
import { until } from '../support/time/until.js';
import { storeUnavailable } from './support/refusals.js';

/** The time for which the test server sends wrong responses, in milliseconds. */
const FAULT_DURATION = 100;
/** The response time above which a response of the test server counts as wrong, in milliseconds. */
const MAX_RESPONSE_TIME = 4_000;

const RIGHT = { status: 200, headers: {}, body: { instanceActions: [] } };
const CASE: ConformanceCase = {
  id: 'x',
  group: 'x',
  persona: null,
  method: 'GET',
  path: '/',
  headers: {},
  body: null,
  answer: RIGHT,
};
const AWAY = {
  serviceUnavailable: {
    code: 503,
    message: 'The service is temporarily unable to answer. Please try again later.',
  },
};

type Give = (response: ServerResponse) => unknown;

const right: Give = (response) => json(response, 200, RIGHT.body);
let give = right;
const server = createServer((_request, response) => give(response));

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  give = right;
});

function json(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): ServerResponse {
  return response
    .writeHead(status, { 'Content-Type': 'application/json; charset=UTF-8', ...headers })
    .end(JSON.stringify(body));
}

/** Sends requests as the fault tests do. For FAULT_DURATION the test server responds with `other`. */
function during(other: Give): Promise<Outcome> {
  let given = 0;
  return loaded({
    begin: () => {
      give = (response) => {
        given += 1;
        other(response);
      };
    },
    lasts: FAULT_DURATION,
    end: async () => {
      await until(() => given > 0, 'the server sends such a response');
      give = right;
    },
  });
}

function loaded(fault: Fault): Promise<Outcome> {
  const { port } = server.address() as AddressInfo;
  return underLoad(`http://127.0.0.1:${port}`, fault, {
    callers: 2,
    refusals: [storeUnavailable],
    cases: [CASE],
    maxResponseTime: MAX_RESPONSE_TIME,
  });
}

describe('the load of the fault tests', () => {
  const id = `req-${'0'.repeat(36)}`;
  const away = { 'Retry-After': '5', 'x-openstack-request-id': id };

  it('the load of the fault tests counts correct responses, and the errors that a fault may cause', async () => {
    const outcome = await during((response) => json(response, 503, AWAY, away));
    expect(outcome).toMatchObject({ other: 0, wrongs: [] });
    expect(outcome.refused).toBeGreaterThan(0);
    expect(outcome.right + outcome.refused).toBe(outcome.asked);
  });

  it.each<[string, Give]>([
    ['a different body', (response) => json(response, 200, { instanceActions: [1] })],
    ['a different status', (response) => json(response, 404, AWAY)],
    ['a 500', (response) => json(response, 500, {})],
    ['a 503 with an additional field', (response) => json(response, 503, { ...AWAY, host: 'db1' }, away)],
    ['a 503 without Retry-After', (response) => json(response, 503, AWAY)],
    [
      'an incomplete response',
      (response) => response.writeHead(200, { 'Content-Length': '90' }).write('{', () => response.destroy()),
    ],
    ['a closed connection', (response) => response.destroy()],
    ['a missing response', () => undefined],
  ])('the load of the fault tests counts as wrong: %s', async (_what, other) => {
    const outcome = await during(other);
    expect(outcome.other).toBeGreaterThan(0);
    expect(outcome.wrongs.length).toBeGreaterThan(0);
    expect(outcome.refused).toBe(0);
  });

  it('the load of the fault tests waits until the service has recovered', async () => {
    const outcome = await loaded({
      begin: () => {
        give = (response) => json(response, 500, {});
      },
      lasts: 0,
      end: () => void setTimeout(() => (give = right), 1_200),
    });
    expect(outcome.recovered).toBeGreaterThan(500);
  });
});
