import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeCertificate } from '../support/http/certificate.js';
import { debianPrograms } from '../support/process/debian.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import {
  type Manifest,
  schemaErrors,
  PROJECT,
  readProjectFile,
  readProjectYaml,
} from '../support/deploy/manifests.js';
import { EXAMPLE_PATH } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { run } from '../support/process/run.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

const ALERTS = 'deploy/prometheus/alerts.yaml';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook_url: string };
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const PAGE = readProjectFile('docs/monitoring.md');
const rules = rulesOf(readProjectYaml(ALERTS));
const { panels } = JSON.parse(readProjectFile('deploy/grafana/dashboard.json')) as { panels: Panel[] };
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}

function rulesOf(file: unknown): Rule[] {
  return (file as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

/**
 * Runs the commands that docs/monitoring.md quotes. `kubectl` is replaced by a program that stores its input.
 *
 * @returns the content of the given file, which the commands create; for the name `kubectl`, the input of kubectl
 */
async function documented(file: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alerts-'));
  try {
    await symlink(join(PROJECT, 'deploy'), join(folder, 'deploy'));
    const blocks = [...PAGE.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block);
    const script = `set -e\nkubectl() { cat > kubectl; }\n${blocks.join('\n')}`;
    expect(await run('bash', ['-c', script], { folder })).toMatchObject({ code: 0, err: '' });
    return await readFile(join(folder, file), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Returns the names of the metrics in PromQL expressions, except `up`, which Prometheus itself creates. */
function namesIn(expressions: readonly string[]): Set<string> {
  const words = expressions.join(' ').match(/\b(nova_action_log|nodejs|process)_\w+/g) ?? [];
  return new Set(words);
}

describe('alerts and dashboard', () => {
  // The service uses workers, a database, Keystone and TLS, because some metrics exist only with one of these.
  let server: MariaDbServer;
  let databaseUrl: string;
  let keystone: FakeKeystone;
  let workplace: WorkingFolder;
  let metricsText: string;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await mariaDb());
    databaseUrl = await server.createDatabase('monitoring');
    keep(() => server.dropDatabase(databaseUrl));
    keystone = keep(new FakeKeystone());
    keystone.tokens.set('known', {});
    workplace = keep(await WorkingFolder.create());
    const TLS_CERTIFICATE = join(workplace.folder, 'tls.crt');
    const TLS_KEY = join(workplace.folder, 'tls.key');
    const forWhom = { name: 'monitoring', alternatives: 'IP:127.0.0.1' };
    await makeCertificate(forWhom, { certificate: TLS_CERTIFICATE, key: TLS_KEY });
    const service = workplace.launch({
      WORKERS: '2',
      TLS_CERTIFICATE,
      TLS_KEY,
      OPERATIONS_PORT: '0',
      DATABASE_URL: databaseUrl,
      OS_AUTH_URL: await keystone.start(),
      OS_USERNAME: 'u',
      OS_PASSWORD: keystone.password,
      OS_PROJECT_NAME: 'p',
    });
    const ca = await readFile(TLS_CERTIFICATE);
    const url = (await service.url()) + EXAMPLE_PATH;
    const [answer] = (await once(
      request(url, { ca, headers: { 'X-Auth-Token': 'known' } }).end(),
      'response',
    )) as [IncomingMessage];
    answer.resume();
    const metrics = `${await service.operationsUrl()}/metrics`;
    await until(async () => {
      metricsText = await (await fetch(metrics)).text();
      return metricsText.includes('processes 2\n');
    }, 'both workers report metrics');
  });

  /**
   * Returns the names of all metrics of the service. A histogram has three names, with the suffixes `_bucket`, `_sum`
   * and `_count`.
   */
  function metricNames(): Set<string> {
    const types = [...metricsText.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
    return new Set(
      types.flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
      ),
    );
  }

  it('alerts and dashboard use only metrics that exist', () => {
    const names = metricNames();
    for (const [what, expressions] of [
      ['dashboard', shown],
      ['alerts', rules.map(({ expr }) => expr)],
    ] as const) {
      const used = [...namesIn(expressions)];
      expect(used.length).toBeGreaterThan(8);
      expect([what, used.filter((name) => !names.has(name))]).toEqual([what, []]);
    }
  });

  it('the dashboard shows each metric of the service, and docs/monitoring.md explains it', () => {
    const ours = [...metricsText.matchAll(/^# TYPE (nova_action_log_\w+) /gm)].map(([, name = '']) => name);
    expect(ours.length).toBeGreaterThan(10);
    const onDashboard = [...namesIn(shown)];
    expect(ours.filter((name) => !onDashboard.some((used) => used.startsWith(name)))).toEqual([]);
    expect(ours.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the alerts', () => {
  let promtool: string;

  beforeAll(async () => {
    ({ promtool } = await debianPrograms('Prometheus'));
  });

  it('the alerts are valid for Prometheus', async () => {
    const { out } = await run(promtool, ['check', 'rules', ALERTS]);
    expect(out).toContain(`SUCCESS: ${rules.length} rules found`);
  });

  it('the alerts fire only in failures, and each alert has a test with a failure and a test without one', async () => {
    const tests = 'test/support/deploy/alerts.test.yaml';
    const { code, out, err } = await run(promtool, ['test', 'rules', tests]);
    expect([code, out, err]).toEqual([0, expect.stringContaining('SUCCESS'), '']);
    const parsed = readProjectYaml(tests) as { tests: { alert_rule_test: AlertTest[] }[] };
    const tested = parsed.tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const named = (fires: boolean): string[] =>
      tested
        .filter(({ exp_alerts = [] }) => exp_alerts.length > 0 === fires)
        .map(({ alertname }) => alertname);
    for (const { alert } of rules) {
      expect(named(true)).toContain(alert);
      expect(named(false)).toContain(alert);
    }
  });

  it('the documented command sets the runbook URL of each alert to its section in docs/monitoring.md', async () => {
    const read = rulesOf(parse(await documented('alerts.yaml')));
    expect(read.map(({ alert }) => alert)).toEqual(rules.map(({ alert }) => alert));
    const sections = [...PAGE.matchAll(/^### (\w+)$/gm)].map(([, title]) => title);
    for (const { alert, annotations } of read) {
      expect(sections).toContain(alert);
      expect(annotations.runbook_url).toBe(
        `https://git.example.org/nova-action-log/blob/main/docs/monitoring.md#${alert.toLowerCase()}`,
      );
    }
  });

  it('the documented command makes a PrometheusRule resource from the alerts', async () => {
    const resource = parse(await documented('kubectl')) as Manifest;
    expect(resource.kind).toBe('PrometheusRule');
    expect(await schemaErrors([resource])).toEqual([[]]);
    expect(resource.spec).toMatchObject({ groups: [{ name: 'nova-action-log' }] });
  });
});
