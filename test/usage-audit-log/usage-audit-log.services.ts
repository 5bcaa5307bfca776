import { beforeAll, describe, expect, it } from '@jest/globals';
import { parsePythonTime, pythonTime, utcTime } from '../../src/nova/python/time.js';
import { lastCompletedPeriod } from '../../src/usage-audit-log/audit-period.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { RandomAuditRequests, auditRows, type Period } from '../support/requests/audits.js';
import { type Keystone, startKeystone } from '../support/keystone/keystone.js';
import type { NovaApi } from '../support/nova/api.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { type BesideNova, startBesideNova } from '../support/comparison/beside-nova.js';
import { novaPython } from '../support/nova/manage.js';
import type { NovaRequest } from '../support/requests/nova.js';
import { loadNovaRows } from '../support/nova/rows-load.js';
import { toRecordedAnswer, differencesOf } from '../support/comparison/comparable-answers.js';
import {
  withFault,
  type KnownDifference,
  faultMessage,
  RELEASE_DIFFERENCES,
  applyDifferences,
} from '../support/comparison/release-differences.js';
import { seededRandom } from '../support/random.js';

/** The number of random requests. More requests find rarer differences from Nova. */
const REQUESTS = Number(process.env.TEST_REQUESTS ?? 800);
const MAX_SHOWN = 8;
/** The number of requests that each of the two servers processes at the same time. nova-api has two processes. */
const CONCURRENCY = 2;
const UNITS = ['hour', 'day', 'month', 'year'];

describe('the last completed period', () => {
  const SCRIPT = `
import datetime, json, sys
from nova import config, utils
config.parse_args(['nova'] + sys.argv[1:5])
def result(unit, text):
    try:
        before = datetime.datetime.strptime(text, '%Y-%m-%d %H:%M:%S' + ('.%f' if '.' in text else ''))
    except ValueError:
        return 'no time'
    try:
        return [str(moment) for moment in utils.last_completed_audit_period(unit, before)]
    except (ValueError, OverflowError):
        return 'no period'
print(json.dumps([result(*item) for item in json.loads(sys.argv[5])]))
`;

  it("for random periods and times, the last completed period equals the result of Nova's own function", async () => {
    const random = seededRandom('periods');
    const inputs = Array.from({ length: 2_000 }, () => {
      const offset = random.chance(0.2) ? '' : `@${random.int(0, random.pick([12, 24, 32, 61]))}`;
      const year = random.weighted([
        [8, random.int(2020, 2030)],
        [1, random.int(1, 3)],
        [1, random.int(1, 9999)],
      ]);
      const last = random.chance(0.3);
      const parts = last
        ? [year, random.int(1, 13), random.int(0, 2)]
        : [year, random.int(1, 12), random.int(1, 28)];
      const time = utcTime(
        ...parts,
        ...(random.chance(0.3) ? [] : [0, random.int(0, 1439), random.int(0, 59)]),
      );
      const text = pythonTime(time) + random.pick(['', '', '.0', '.000001']);
      const odd = random.chance(0.1) ? text.replace(/\d/, random.pick(['', ' ', '9', 'x'])) : text;
      return [random.pick(UNITS) + offset, odd] as const;
    });
    const nowhere = { apiDatabase: 'sqlite://', database: 'sqlite://' };
    const said = await novaPython(nowhere, SCRIPT, [JSON.stringify(inputs)]);
    const ours = inputs.map(([unit, text]) => {
      const moment = parsePythonTime(text);
      if (moment === undefined) return 'no time';
      try {
        const { begin, end } = lastCompletedPeriod(unit, moment);
        return [pythonTime(begin), pythonTime(end)];
      } catch {
        return 'no period';
      }
    });
    const novas = JSON.parse(said) as unknown[];
    const different = inputs.flatMap((input, index) =>
      JSON.stringify(novas[index]) === JSON.stringify(ours[index])
        ? []
        : [[input, novas[index], ours[index]]],
    );
    expect(different.slice(0, MAX_SHOWN)).toEqual([]);
    for (const kind of ['no time', 'no period'])
      expect(novas.filter((one) => one === kind)).not.toHaveLength(0);
  });
});

/** An intended difference from Nova; see docs/differences.md. */
const UNEXPECTED: KnownDifference = {
  name: 'unexpected errors',
  reason:
    'Nova returns the type of the error, the service returns the request id, by which the log contains the error',
  replacement: ({ request, expected, received }) => {
    if (expected.status !== 500 || !/\n<class '(Value|Overflow)Error'>$/.test(faultMessage(expected) ?? ''))
      return undefined;
    const message = faultMessage(toRecordedAnswer(received)) ?? '';
    if (
      request.method !== 'GET' ||
      !/^Unexpected API Error\. The request id is req-[-0-9a-f]{36}\.$/.test(message)
    )
      return undefined;
    return withFault(expected, 500, 'computeFault', message);
  },
};
const KNOWN = [...RELEASE_DIFFERENCES, UNEXPECTED];

const keepForAll = closeAfterAll();
let keystone: Keystone;

beforeAll(async () => {
  keystone = keepForAll(await startKeystone());
});

describe.each([
  ['month', undefined],
  ['day@18', 'day@18'],
  ['month@31', 'month@31'],
])('beside a real Nova 26.2, with periods of a %s, the service', (setting, configured) => {
  const random = seededRandom(`audits by ${setting}`);
  const periods = [...periodsOf(setting), lastOf(setting, new Date())];
  const nulls: Period = lastOf(setting, utcTime(2010, 1, 31, 23));
  const keep = closeAfterAll();
  let peers: BesideNova;

  beforeAll(async () => {
    const defaults = configured === undefined ? {} : { instance_usage_audit_period: configured };
    peers = keep(await startBesideNova({ connections: CONCURRENCY, defaults, keystone, prepare }));
  });

  async function prepare(nova: NovaApi): Promise<Record<string, string>> {
    const cell0 = auditRows(random, periods);
    const withNulls = { ...cell0['task_log']?.[0], period_beginning: nulls[0], period_ending: nulls[1] };
    cell0['task_log']?.push({
      ...withNulls,
      task_name: 'instance_usage_audit',
      host: 'one',
      deleted: 0,
      task_items: null,
      errors: null,
    });
    // nova-api reads the audits only from its main database, here cell0. It never reads those in other cells.
    const databases = {
      api: {},
      cell0,
      cell1: auditRows(random, periods),
      cell2: auditRows(random, periods),
    };
    await loadNovaRows(nova.databases, { databases });
    return configured === undefined
      ? {}
      : { INSTANCE_USAGE_AUDIT_PERIOD: configured, NOVA_DATABASE_URL: nova.databases.cell0 };
  }

  const ask = async (whom: 'nova' | 'service', question: NovaRequest): Promise<ReceivedAnswer> =>
    withSortedHosts(await peers.send(whom, question));

  async function compare(question: NovaRequest): Promise<readonly string[]> {
    const [answer, received] = await Promise.all([ask('nova', question), ask('service', question)]);
    const first = toRecordedAnswer(answer);
    const again = async (other: NovaRequest) => toRecordedAnswer(await ask('nova', other));
    const exchange = { request: question, server: undefined, expected: first, received, send: again };
    const { expected } = await applyDifferences(exchange, KNOWN);
    const found = differencesOf(expected, received);
    if (found.length === 0) return [];
    const { persona, method, path, headers } = question;
    return [
      `${method} ${path} ${JSON.stringify(headers)} as ${persona ?? 'a caller without a token'}`,
      ...found,
      received.body,
    ];
  }

  it('the service beside a real Nova returns the same responses as nova-api to random requests for usage audits', async () => {
    const requests = new RandomAuditRequests(random, periods);
    const different: (readonly string[])[] = [];
    // All requests are generated before the first one is sent, so that the same seed always gives the same requests.
    const waiting = Array.from({ length: REQUESTS }, () => requests.next()).values();
    const work = async (): Promise<void> => {
      for (const request of waiting) {
        const found = await compare(request);
        if (found.length > 0) different.push(found);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    process.stdout.write(`${REQUESTS} requests, ${different.length} with different responses\n`);
    expect(different.slice(0, MAX_SHOWN)).toEqual([]);
  });

  it('usage audits contain null if the count of a host is missing, while nova-api returns 500', async () => {
    const before = encodeURIComponent(nulls[1].replace(/00$/, '01'));
    const path = `/v2.1/os-instance_usage_audit_log/${before}`;
    const question = { persona: 'admin', method: 'GET', path, headers: {}, body: undefined };
    expect(faultMessage(toRecordedAnswer(await ask('nova', question)))).toContain("<class 'TypeError'>");
    const { status, body } = toRecordedAnswer(await ask('service', question));
    expect([status, body]).toMatchObject([
      200,
      { instance_usage_audit_log: { total_instances: 0, log: { one: { instances: null, errors: null } } } },
    ]);
  });
});

/** Sorts the hosts in a response, because Nova returns them in an arbitrary order. */
function withSortedHosts(answer: ReceivedAnswer): ReceivedAnswer {
  if (!answer.body.includes('"hosts_not_run"')) return answer;
  const sorted = (key: string, value: unknown): unknown =>
    key === 'hosts_not_run' && Array.isArray(value) ? [...(value as unknown[])].sort() : value;
  return { ...answer, body: JSON.stringify(JSON.parse(answer.body), sorted) };
}

/** Returns six consecutive periods. @param setting the value of INSTANCE_USAGE_AUDIT_PERIOD */
function periodsOf(setting: string): Period[] {
  const found: Period[] = [];
  for (let before = utcTime(2026, 1, 31, 23); found.length < 6;) {
    const period = lastOf(setting, before);
    found.push(period);
    before = parsePythonTime(period[1]) ?? before;
    if (setting === 'month@31') before = utcTime(2025 - found.length, 1, 31, 23);
  }
  return found;
}

/**
 * Returns the last period before a time, or a fixed period if no period precedes it. For example, `month@31` does not
 * exist in most months.
 */
function lastOf(setting: string, before: Date): Period {
  try {
    const { begin, end } = lastCompletedPeriod(setting, before);
    return [pythonTime(begin), pythonTime(end)];
  } catch {
    return ['2026-01-01 00:00:00', '2026-01-31 00:00:00'];
  }
}
