import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import type { ConformanceCase } from '../conformance/cases.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import { reservePort } from '../support/http/port.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { type ApiDocument, worstRequests } from '../support/requests/worst-requests.js';
import { Attacker } from './support/attacker.js';
import { ATTACKS, COSTLY_RULES, LOOP, NEVER_ANSWERED, SLOW_TOKEN, type Targets } from './support/attacks.js';
import { underLoad } from './support/load.js';
import { ProcessLimits, resetPeak, usageOf } from './support/process-limits.js';
import { keystoneUnavailable, storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import type { Usage } from './support/rows.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { recordedCases } from './support/recorded-cases.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The duration of each single attack, in milliseconds. */
const ATTACK_DURATION = 1_000;
/**
 * The duration of the last test, in which all attacks run at once, in milliseconds. `npm run soak` sets SOAK_SECONDS.
 */
const SOAK_DURATION = Number(process.env.SOAK_SECONDS ?? 15) * 1_000;

/**
 * The maximum number of file descriptors of the service. The limits are similar to those of the systemd unit and the
 * Kubernetes manifests.
 */
const DESCRIPTORS = 1_024;
/** The maximum memory of the service, in MiB. */
const MEMORY = 512;

/**
 * The number of additional file descriptors that may be open after an attack, because the service keeps connections to
 * Keystone and nova-api open.
 */
const MAX_ADDITIONAL_DESCRIPTORS = 48;
/**
 * The additional memory that the process may use after an attack, in MiB, because V8 does not release all memory at
 * once.
 */
const MAX_ADDITIONAL_MEMORY = 160;

/**
 * The callers and the attackers have different source addresses, because the service limits the connections from one
 * address.
 */
const CALLERS = '127.0.0.2';
const ATTACKERS = '127.0.0.3';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const keep = closeAfterAll();

const keystone = keep(new FakeKeystone());
const nova = keep(new FakeNova());
const limits = keep(new ProcessLimits(DESCRIPTORS, MEMORY));
let store: TestStore;
let service: FaultedService;
let targets: Targets;
/** The resource usage of the service before the first attack. */
let initialUsage: Usage | undefined;

beforeAll(async () => {
  store = keep(await recordedStore());
  const identity = await startKeystoneWithPersonas(keystone);
  const reserved = await reservePort();
  await reserved.release();
  keystone.tokens.set('with-rules', { accessRules: COSTLY_RULES });
  keystone.misbehave = (response, token) => {
    if (!token.startsWith(SLOW_TOKEN)) return 'as usual';
    return setTimeout(() => response.writeHead(404).end(), 10_000).unref();
  };
  nova.respond = answerAsNova;
  service = keep(
    await FaultedService.start(
      {
        DATABASE_URL: store.url,
        UPSTREAM_NOVA_URL: await nova.start(),
        PORT: String(reserved.port),
        ...DEFAULT_TIMEOUTS,
        MAX_EVENT_LOOP_DELAY: '',
        ...identity,
      },
      limits.before,
    ),
  );
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as ApiDocument;
  const token = personaTokens['admin'] ?? '';
  targets = {
    token,
    tokenWithRules: 'with-rules',
    server: SERVER,
    worst: worstRequests({ token, server: SERVER, document }),
    signal: (name) => {
      service.process.signal(name);
    },
  };
});

afterEach(async () => {
  const { isRunning, output } = service.process;
  // The attack may have crashed the service, but the next test needs a running service.
  if (!isRunning) await service.restart();
  expect([isRunning, output.match(/.*(unhandled|uncaught|debugger listening).*/i)?.[0]]).toEqual([
    true,
    undefined,
  ]);
});

/**
 * Responds as nova-api. Requests for the path NEVER_ANSWERED get no response. Requests for the path LOOP are sent back
 * to the service, as by a misconfigured load balancer.
 */
const answerAsNova: FakeNova['respond'] = (socket, { line, headers }) => {
  nova.requests.length = 0;
  if (line.includes(NEVER_ANSWERED)) return;
  if (!line.includes(LOOP)) {
    socket.write(responseBytes('200 OK', [], 'nova'));
    return;
  }
  const back = connect(Number(new URL(service.url).port), '127.0.0.1');
  back.on('error', () => socket.destroy()).on('close', () => socket.end());
  socket.on('close', () => back.destroy());
  back.write(`${[line, ...headers.map((pair) => pair.join(': '))].join('\r\n')}\r\n\r\n`, 'latin1');
  back.pipe(socket);
};

/** The paths to which the service itself responds. It forwards requests for all other paths to nova-api. */
const OWN_PATH =
  /^\/v2(\.1)?\/([\da-f-]+\/)?(servers\/[\w-]+\/(os-instance-actions|migrations)(\/[\w-]+)?|os-migrations)(\?|$)/;

function ownCases(): readonly ConformanceCase[] {
  return recordedCases().filter(({ method, path }) => method === 'GET' && OWN_PATH.test(path));
}

/**
 * Attacks the service while callers send requests, and compares the resource usage of its process before and after the
 * attack.
 */
async function attack(
  name: string,
  attacks: readonly (typeof ATTACKS)[string][],
  lasts: number,
): Promise<void> {
  const attacker = new Attacker(service.url, ATTACKERS);
  let attacking: Promise<unknown> = Promise.resolve();
  let before = usageOf(service.process.pid);
  const outcome = await underLoad(
    service.url,
    {
      begin: () => {
        resetPeak(service.process.pid);
        before = usageOf(service.process.pid);
        initialUsage ??= before;
        attacking = Promise.all(attacks.map((one) => one(attacker, targets)));
      },
      lasts,
      end: async () => {
        attacker.stop();
        await attacking;
        await until(
          () =>
            usageOf(service.process.pid).descriptors <=
            (initialUsage ?? before).descriptors + MAX_ADDITIONAL_DESCRIPTORS,
          'the service closes the descriptors of the attack',
        );
      },
    },
    { refusals: [storeUnavailable, keystoneUnavailable], cases: ownCases(), localAddress: CALLERS },
  );
  const after = usageOf(service.process.pid);
  expect(after.peak).toBeLessThan(MEMORY);
  expect(after.memory).toBeLessThan((initialUsage ?? before).memory + MAX_ADDITIONAL_MEMORY);
  const load = `16 callers and ${attacker.connections.toLocaleString('en')} connections`;
  reportOutcome(name, outcome, load, { before, after });
}

describe('a facade under attack', () => {
  it.each(Object.entries(ATTACKS))(
    'a facade under attack returns correct responses or a defined error to 16 callers: %s',
    async (name, one) => {
      await attack(name, [one], ATTACK_DURATION);
    },
  );

  it(
    'a facade under all attacks at once returns correct responses or a defined error to 16 callers',
    async () => {
      await attack('All of these attacks at once', Object.values(ATTACKS), SOAK_DURATION);
    },
    SOAK_DURATION + 120_000,
  );
});
