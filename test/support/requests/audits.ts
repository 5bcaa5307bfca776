import { personas } from '../../conformance/cases.js';
import type { NovaRequest } from './nova.js';
import type { NovaTables } from '../nova/rows.js';
import type { Random } from '../random.js';

/** The start and the end of a period for which Nova's hosts audited their usage: `YYYY-MM-DD HH:MM:SS` in UTC. */
export type Period = readonly [begin: string, end: string];

const HOSTS = [
  'one',
  'two',
  'three',
  'ONE',
  'größe',
  '計算',
  "o'host",
  'x.example.org',
  '7',
  '__proto__',
  '',
];
const STATES = ['DONE', 'DONE', 'DONE', 'RUNNING', 'RUNNING', 'done', 'FAILED', ''];

/** Returns random rows of the tables `services` and `task_log`. Some hosts have a row in only one of the two tables. */
export function auditRows(random: Random, periods: readonly Period[]): NovaTables {
  const services = HOSTS.filter(() => random.chance(0.7)).flatMap((host) => [
    service(
      random,
      host,
      random.weighted([
        [8, 'compute'],
        [1, 'Compute'],
        [1, 'conductor'],
      ]),
    ),
    ...(random.chance(0.3) ? [service(random, host, 'compute', random.int(1, 1_000_000))] : []),
  ]);
  const audits = periods.flatMap((period) =>
    HOSTS.filter(() => random.chance(0.5)).map((host) => audit(random, host, period)),
  );
  // The tables have unique keys, and MariaDB's collation considers some of the host names equal. So only the first row
  // of each key is kept.
  return {
    services: withUniqueKeys(services, 'topic', 'deleted'),
    task_log: withUniqueKeys(audits, 'period_beginning'),
  };
}

function service(random: Random, host: string, topic: string, deleted = 0) {
  const binary = `nova-${topic}`;
  const flags = { disabled: random.int(0, 1), forced_down: random.int(0, 1), report_count: 1, version: 66 };
  return { host: random.orNull(0.05, host), topic, binary, deleted, uuid: random.uuid(), ...flags };
}

function audit(random: Random, host: string, [period_beginning, period_ending]: Period) {
  return {
    task_name: random.weighted([
      [9, 'instance_usage_audit'],
      [1, 'another_task'],
    ]),
    host,
    period_beginning,
    period_ending: random.chance(0.95) ? period_ending : period_beginning,
    state: random.pick(STATES),
    message: random.pick(['', 'Instance usage audit ran.', 'größe']),
    task_items: random.int(0, 100),
    errors: random.chance(0.7) ? 0 : random.int(1, 9),
    deleted: random.chance(0.1) ? random.int(1, 1_000_000) : 0,
  };
}

function withUniqueKeys<Row extends Record<string, unknown>>(
  rows: readonly Row[],
  ...keys: (keyof Row)[]
): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const key = [row['host'], ...keys.map((name) => row[name])].join('\n').toLowerCase();
    if (!byKey.has(key)) byKey.set(key, row);
  }
  return [...byKey.values()];
}

const ODD_TIMES = [
  'never',
  '2026-06-10',
  '2026-06-10T00:00:00',
  '2026-06-31 00:00:00',
  '2026-02-29 00:00:00',
  '2024-02-29 00:00:00',
  '2026-6-1 0:0:0',
  '2026-06- 1 00:00:00',
  '2026-06-  1 00:00:00',
  '2026-06-01 \t\u00a000:00:00',
  '2026-06-01 00:00:00.',
  '2026-06-01 00:00:00.0',
  '2026-06-01 00:00:00.1234567',
  '2026-06-01 00:00:00.json',
  '2026-06-01 00:00:60',
  '2026-06-01 00:00:61',
  '2026-06-01 00:00:62',
  '2026-06-01 24:00:00',
  '2026-06-01 00:00:00Z',
  '2026-06-01 00:00:00+00:00',
  '2026-06-01 00:00:00\n',
  ' 2026-06-01 00:00:00',
  '٢026-06-01 00:00:00',
  '0000-06-01 00:00:00',
  '0001-01-01 00:00:00',
  '0001-01-01 12:00:00',
  '0001-02-01 00:00:00',
  '0002-01-01 00:00:00',
  '0099-06-01 00:00:00',
  '9999-12-31 23:59:59.999999',
  'größe',
  '%',
  'x'.repeat(300),
];

/** A generator of random requests for usage audits. Some of the requests are malformed. */
export class RandomAuditRequests {
  constructor(
    private readonly random: Random,
    private readonly periods: readonly Period[],
  ) {}

  next(): NovaRequest {
    const { random } = this;
    const persona = random.weighted<string | null>([
      [80, 'admin'],
      [15, random.pick(Object.keys(personas))],
      [2, null],
      [2, 'garbage'],
      [1, 'empty'],
    ]);
    const version = random.weighted([
      [40, '2.1'],
      [30, `2.${random.int(2, 101)}`],
      [15, `2.${random.int(102, 103)}`],
      [10, 'latest'],
      [5, '2.104'],
    ]);
    return {
      persona,
      method: random.chance(0.03) ? random.pick(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) : 'GET',
      path:
        this.path(persona) + (random.chance(0.15) ? random.pick(['?', '?limit=x', '?a=1&b', '?a=%ff']) : ''),
      headers: { 'OpenStack-API-Version': `compute ${version}` },
      body: undefined,
    };
  }

  private path(persona: string | null): string {
    const { random } = this;
    const project = random.chance(0.2) ? `/${personas[persona ?? '']?.project_id ?? 'none'}` : '';
    const list = `/${random.pick(['v2.1', 'v2'])}${project}/os-instance_usage_audit_log`;
    return random.weighted([
      [10, list],
      [1, `${list}/`],
      [1, `${list}/2026-06-01%2000:00:00/more`],
      [88, `${list}/${this.time()}`],
    ]);
  }

  private time(): string {
    const { random } = this;
    if (random.chance(0.25)) return encodeURIComponent(random.pick(ODD_TIMES));
    const near = new Date(`${random.pick(this.periods)[1].replace(' ', 'T')}Z`);
    near.setSeconds(random.pick([-1, 0, 0, 0, 1, 3600, random.int(0, 2_000_000)]));
    const [date = '', time = ''] = near.toISOString().slice(0, 19).split('T');
    const fraction = random.pick(['', '', '.0', '.000001', '.999999']);
    return `${date}${random.pick(['%20', '%20', '%20%20', '+'])}${time}${fraction}`.replaceAll(
      ':',
      random.pick([':', '%3A']),
    );
  }
}
