import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import type { ConformanceCase } from '../conformance/cases.js';
import { AS_SHIPPED } from '../support/time/patience.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova, wireAnswer } from '../support/nova/fake.js';
import { reservePort } from '../support/http/port.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { type ApiDocument, worstRequests } from '../support/questions/worst-requests.js';
import { Attacker } from './support/attacker.js';
import { ATTACKS, COSTLY_RULES, LOOP, NEVER_ANSWERED, SLOW_TOKEN, type Targets } from './support/attacks.js';
import { underLoad } from './support/load.js';
import { ProcessLimits, resetPeak, usageOf } from './support/process-limits.js';
import { keystoneUnavailable, storeUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import type { Usage } from './support/rows.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { recordedCases } from './support/recorded-cases.js';
import { endedAfterAll } from '../support/ended-after-all.js';

/** How long each attack lasts, and then all of them at once, in milliseconds. `npm run soak` sets the second. */
const EACH = 1_000;
const ALL = Number(process.env.SOAK_SECONDS ?? 15) * 1_000;

/** As in the systemd unit that ships, nearly, and in the manifests for Kubernetes. */
const DESCRIPTORS = 1_024;
const MEMORY = 512;

/** What may stay open for a while after an attack: kept connections to Keystone and nova-api. */
const MORE_DESCRIPTORS = 48;
/** What V8 may keep of memory before it gives it back, in MiB. */
const MORE_MEMORY = 160;

/** Callers have another address than attackers, whose connections may be limited. */
const CALLERS = '127.0.0.2';
const ATTACKERS = '127.0.0.3';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const keep = endedAfterAll();

const keystone = keep(new FakeKeystone());
const nova = keep(new FakeNova());
const limits = keep(new ProcessLimits(DESCRIPTORS, MEMORY));
let store: TestStore;
let service: FaultedService;
let targets: Targets;
/** Before the first attack. */
let atFirst: Usage | undefined;

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
  nova.answer = answerAsNova;
  service = keep(
    await FaultedService.start(
      {
        DATABASE_URL: store.url,
        UPSTREAM_NOVA_URL: await nova.start(),
        PORT: String(reserved.port),
        ...AS_SHIPPED,
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
  const { running, output } = service.process;
  // So that the next attack has a service to attack.
  if (!running) await service.restart();
  expect([running, output.match(/.*(unhandled|uncaught|debugger listening).*/i)?.[0]]).toEqual([
    true,
    undefined,
  ]);
});

/** A nova-api some of whose answers never come, and before which a balancer sends some requests back to the service. */
const answerAsNova: FakeNova['answer'] = (socket, { line, headers }) => {
  nova.requests.length = 0;
  if (line.includes(NEVER_ANSWERED)) return;
  if (!line.includes(LOOP)) {
    socket.write(wireAnswer('200 OK', [], 'nova'));
    return;
  }
  const back = connect(Number(new URL(service.url).port), '127.0.0.1');
  back.on('error', () => socket.destroy()).on('close', () => socket.end());
  socket.on('close', () => back.destroy());
  back.write(`${[line, ...headers.map((pair) => pair.join(': '))].join('\r\n')}\r\n\r\n`, 'latin1');
  back.pipe(socket);
};

/** The paths that are the service's own. What else is asked of a facade, nova-api answers. */
const OWN =
  /^\/v2(\.1)?\/([\da-f-]+\/)?(servers\/[\w-]+\/(os-instance-actions|migrations)(\/[\w-]+)?|os-migrations)(\?|$)/;

function ownTruth(): readonly ConformanceCase[] {
  return recordedCases().filter(({ method, path }) => method === 'GET' && OWN.test(path));
}

/** Lets attackers attack while callers ask, and looks at what the process uses before and after it. */
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
        atFirst ??= before;
        attacking = Promise.all(attacks.map((one) => one(attacker, targets)));
      },
      lasts,
      end: async () => {
        attacker.stop();
        await attacking;
        await until(
          () =>
            usageOf(service.process.pid).descriptors <= (atFirst ?? before).descriptors + MORE_DESCRIPTORS,
          'the descriptors of the attack are closed',
        );
      },
    },
    { refusals: [storeUnavailable, keystoneUnavailable], truth: ownTruth(), localAddress: CALLERS },
  );
  const after = usageOf(service.process.pid);
  expect(after.peak).toBeLessThan(MEMORY);
  expect(after.memory).toBeLessThan((atFirst ?? before).memory + MORE_MEMORY);
  const load = `16 callers, and ${attacker.connections.toLocaleString('en')} connections`;
  reportOutcome(name, outcome, load, { before, after });
}

describe('beside 16 callers', () => {
  it.each(Object.entries(ATTACKS))(
    '16 callers get right answers and refusals during the attack: %s',
    async (name, one) => {
      await attack(name, [one], EACH);
    },
  );

  it(
    '16 callers get right answers and refusals during all attacks at once',
    async () => {
      await attack('All of these at once', Object.values(ATTACKS), ALL);
    },
    ALL + 120_000,
  );
});
