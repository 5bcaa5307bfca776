import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { debianPrograms } from '../support/debian.js';
import { FakeKeystone } from '../support/fake-keystone.js';
import { type MariaDbServer, mariaDb } from '../support/mariadb.js';
import { Workplace } from '../support/process.js';
import { until } from '../support/until.js';
import { askWith, metricsOf } from '../support/watched.js';

const PROJECT = join(import.meta.dirname, '..', '..');
const ALERTS = join(PROJECT, 'deploy', 'prometheus', 'alerts.yaml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

function text(...path: string[]): string {
  return readFileSync(join(PROJECT, ...path), 'utf8');
}

const rules = (parse(readFileSync(ALERTS, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(text('deploy', 'grafana', 'dashboard.json')) as { panels: Panel[] };
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The names of metrics in an expression. Prometheus makes `up` itself. */
function namesIn(expressions: readonly string[]): Set<string> {
  const words = expressions.join(' ').match(/\b(nova_action_log|nodejs|process)_\w+/g) ?? [];
  return new Set(words);
}

describe('alerts and dashboard', () => {
  let server: MariaDbServer;
  let databaseUrl: string;
  let keystone: FakeKeystone;
  let workplace: Workplace;
  let told: string;

  /** Everything that there can be to tell of: workers, a database with connections, Keystone. */
  beforeAll(async () => {
    server = await mariaDb();
    databaseUrl = await server.createDatabase('monitoring');
    keystone = new FakeKeystone();
    keystone.tokens.set('known', {});
    workplace = await Workplace.create();
    const service = workplace.launch({
      WORKERS: '2',
      DATABASE_URL: databaseUrl,
      OS_AUTH_URL: await keystone.start(),
      OS_USERNAME: 'u',
      OS_PASSWORD: keystone.password,
      OS_PROJECT_NAME: 'p',
    });
    await askWith(service, { 'X-Auth-Token': 'known' });
    await until(async () => (await metricsOf(service)).includes('processes 2\n'), 'both workers serve');
    told = await metricsOf(service);
  });

  afterAll(async () => {
    await workplace.remove();
    await keystone.stop();
    await server.dropDatabase(databaseUrl);
    await server.stop();
  });

  /** With the names that a histogram's values have. */
  function toldNames(): Set<string> {
    const types = [...told.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    return new Set(
      types.flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
      ),
    );
  }

  it('name metrics that there are', () => {
    const names = toldNames();
    for (const [what, expressions] of [
      ['dashboard', shown],
      ['alerts', rules.map(({ expr }) => expr)],
    ] as const) {
      const used = [...namesIn(expressions)];
      expect(used.length).toBeGreaterThan(8);
      expect([what, used.filter((name) => !names.has(name))]).toEqual([what, []]);
    }
  });

  it('leave out none of ours: the dashboard shows each, and the documentation explains it', () => {
    const ours = [...told.matchAll(/^# TYPE (nova_action_log_\w+) /gm)].map(([, name = '']) => name);
    expect(ours.length).toBeGreaterThan(10);
    const onDashboard = [...namesIn(shown)];
    expect(ours.filter((name) => !onDashboard.some((used) => used.startsWith(name)))).toEqual([]);
    const page = text('docs', 'monitoring.md');
    expect(ours.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('are followed by what to do: each alert has its chapter', () => {
    const chapters = [...text('docs', 'monitoring.md').matchAll(/^#+ (\w+)$/gm)].map(([, title]) => title);
    for (const { alert, annotations } of rules) {
      expect(chapters).toContain(alert);
      expect(annotations.runbook).toBe(`docs/monitoring.md#${alert.toLowerCase()}`);
    }
  });
});

describe('the alerts', () => {
  let promtool: string;

  beforeAll(async () => {
    ({ promtool } = await debianPrograms('Prometheus'));
  });

  it('are what Prometheus reads', async () => {
    const { stdout } = await promisify(execFile)(promtool, ['check', 'rules', ALERTS]);
    expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('fire where they should, all of them, and stay quiet where all is well', async () => {
    const tests = join(PROJECT, 'test', 'support', 'alerts.test.yaml');
    const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', tests]);
    expect(stdout).toContain('SUCCESS');
    const tested = readFileSync(tests, 'utf8').match(/alertname: \w+/g) ?? [];
    expect(new Set(tested).size).toBe(rules.length);
    expect(tested.length).toBeGreaterThanOrEqual(2 * rules.length);
  });
});
