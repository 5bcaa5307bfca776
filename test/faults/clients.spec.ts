import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConformanceCase } from '../conformance/cases.js';
import { outgoingRequest } from '../conformance/requests.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { type WireAnswer, WireClient } from '../support/http/wire-client.js';
import { underLoad } from './support/load.js';
import { MALFORMED, SMUGGLED } from './support/malformed.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { MAX_RESPONSE_TIME_IN_CROWD, type Tally } from './support/tally.js';
import { recordedCases } from './support/recorded-cases.js';
import { closeAfterAll } from '../support/close-after-all.js';

let store: TestStore;
let service: FaultedService;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(await FaultedService.start({ DATABASE_URL: store.url }));
});

afterEach(() => {
  service.expectHealthy();
});

/** Returns the bytes of a recorded request, with the additional header `Connection: close`. */
function bytesOf(one: ConformanceCase): string {
  const { method, path, headers, body = '' } = outgoingRequest(one, personaTokens);
  const sent = { Host: new URL(service.url).host, ...headers, Connection: 'close' };
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(sent).map((pair) => pair.join(': ')),
    ...length,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)]).toString('latin1');
}

function judge(
  tally: Tally,
  one: ConformanceCase,
  { line, headers, body, error }: WireAnswer,
  asked: number,
): void {
  if (error !== undefined) {
    tally.wrong(asked, `${one.id}: the connection failed with ${error} after ${line}`);
    return;
  }
  const received = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = received.get(name.toLowerCase());
    received.set(name.toLowerCase(), before === undefined ? value : `${before}, ${value}`);
  }
  const status = Number(line.split(' ')[1]);
  const answer = { status, headers: received, body: Buffer.from(body, 'latin1').toString('utf8') };
  tally.judge(one, answer, asked, { base: service.url, maxResponseTime: MAX_RESPONSE_TIME_IN_CROWD });
}

describe('many or malformed clients', () => {
  it('callers get correct responses while 500 clients each send a request a few bytes at a time', async () => {
    const pending: Promise<void>[] = [];
    let isOver = false;
    const sendSlowly = async (one: ConformanceCase, tally: Tally): Promise<void> => {
      const client = await WireClient.connect(service.url);
      let rest = bytesOf(one);
      while (!isOver && rest.length > 20) {
        client.send(rest.slice(0, 3));
        rest = rest.slice(3);
        await sleep(300);
      }
      const asked = performance.now();
      client.send(rest);
      judge(tally, one, await client.answer(), asked);
    };
    const outcome = await underLoad(service.url, {
      begin: (tally) => {
        pending.push(...slice(500).map((one) => sendSlowly(one, tally)));
      },
      lasts: 3_000,
      end: async () => {
        isOver = true;
        await Promise.all(pending);
      },
    });
    reportOutcome('500 clients that send a few bytes at a time', outcome, '16 callers and the 500 clients');
  });

  it('callers get correct responses while 1,000 clients connect at once', async () => {
    const pending: Promise<void>[] = [];
    const send = async (one: ConformanceCase, tally: Tally): Promise<void> => {
      const asked = performance.now();
      const client = await WireClient.connect(service.url);
      client.send(bytesOf(one));
      judge(tally, one, await client.answer(), asked);
    };
    const outcome = await underLoad(service.url, {
      begin: (tally) => {
        pending.push(...slice(1_000).map((one) => send(one, tally)));
      },
      lasts: 0,
      end: () => Promise.all(pending),
    });
    reportOutcome('1,000 connections at once', outcome, '16 callers and the 1,000 clients');
  });

  it('the service rejects each malformed request, and does not process the second request that is hidden behind it', async () => {
    const rounds = 10;
    const attack = async (tally: Tally): Promise<void> => {
      for (const [name, bytes, status] of Array.from({ length: rounds }, () => MALFORMED).flat()) {
        const asked = performance.now();
        const client = await WireClient.connect(service.url);
        client.send(bytes);
        const answer = await client.answer();
        const problem = problemOf(answer, client.text, status);
        if (problem !== undefined) tally.wrong(asked, `${name}: ${problem}`);
        else tally.add(answer.line === ANSWERED_BEFORE ? 'right' : 'refused', asked);
      }
    };
    let attacking = Promise.resolve();
    const outcome = await underLoad(service.url, {
      begin: (tally) => {
        attacking = attack(tally);
      },
      lasts: 0,
      end: () => attacking,
    });
    expect(outcome.refused).toBeGreaterThanOrEqual(rounds * (MALFORMED.length - 2));
    reportOutcome(
      'Headers of 1 MB, malformed chunks, request smuggling (two lengths, folded headers, bare line feeds)',
      outcome,
      `16 callers and ${rounds} × ${MALFORMED.length} malformed requests`,
    );
  });
});

/** The status line if the service responds after the headers of a request, before it detects an error in the body. */
const ANSWERED_BEFORE = 'HTTP/1.1 200 OK';

/** Returns the first `count` recorded cases. */
function slice(count: number): ConformanceCase[] {
  return recordedCases().slice(0, count);
}

/**
 * Returns undefined if the service sent exactly one response in Nova's format and then closed the connection without an
 * error. Otherwise returns a description of the problem.
 */
function problemOf(
  { line, headers, body, error }: WireAnswer,
  all: string,
  status: number,
): string | undefined {
  const answers = [...all.matchAll(/HTTP\/1\.1 \d+.*/g)].map(([answer]) => answer.trimEnd());
  if (error !== undefined) return `the connection failed with ${error}`;
  if (all.includes(SMUGGLED)) return 'the service processed the smuggled request';
  if (answers.length !== 1) return `the responses ${answers.join()}`;
  if (line === ANSWERED_BEFORE && body.includes('"version"')) return undefined;
  if (!line.startsWith(`HTTP/1.1 ${status} `)) return `the response ${line}`;
  const { badRequest, computeFault } = JSON.parse(body) as Record<string, { code?: number }>;
  const isIdentified = headers.some(([name]) => name === 'x-openstack-request-id');
  return (badRequest ?? computeFault)?.code === status && isIdentified ? undefined : `the response ${all}`;
}
