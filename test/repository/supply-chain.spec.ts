import { describe, expect, it } from '@jest/globals';
import { judgeAudit } from '../../scripts/supply-chain/judge-audit.js';
import { type Bill, type Lock, missingComponents } from '../../scripts/supply-chain/missing-components.js';
import { refusedLicences } from '../../scripts/supply-chain/refused-licences.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { run } from '../support/process/run.js';

describe('an audit of the packages', () => {
  it('an audit of the packages is clean where no vulnerability is known', () => {
    expect(judgeAudit({ vulnerabilities: {}, metadata: {} })).toEqual({ kind: 'clean' });
  });

  it('an audit of the packages fails for each known vulnerability', () => {
    const vulnerabilities = { ms: { name: 'ms', severity: 'low' }, qs: { name: 'qs', severity: 'critical' } };
    expect(judgeAudit({ vulnerabilities })).toEqual({
      kind: 'vulnerable',
      packages: ['ms (low)', 'qs (critical)'],
    });
  });

  it.each([404, 405, 501])(
    'an audit of the packages is reported as not done where the registry does not serve it: %s',
    (statusCode) => {
      const answer = { message: `${statusCode} Not so`, statusCode, body: '' };
      expect(judgeAudit(answer)).toMatchObject({ kind: 'not asked' });
    },
  );

  it.each([
    ['an outage', { message: '503 Service Unavailable', statusCode: 503 }],
    ['no network', { message: 'getaddrinfo ENOTFOUND', error: { summary: '' } }],
    ['nothing', {}],
    ['no object', null],
  ])('an answer of the registry that is no audit is never taken for a clean one: %s', (_what, answer) => {
    expect(() => judgeAudit(answer)).toThrow('npm audit');
  });
});

describe('the bill of materials', () => {
  it('the bill of materials lists every package that the service needs', async () => {
    const lock = JSON.parse(readProjectFile('package-lock.json')) as Lock;
    const { code, out } = await run('npm', ['sbom', '--sbom-format', 'cyclonedx']);
    const bill = JSON.parse(out) as Bill;
    expect([code, missingComponents(bill, lock)]).toEqual([0, []]);
    const without = (bill.components ?? []).filter(({ name }) => name !== 'typeorm');
    expect(missingComponents({ ...bill, components: without }, lock)).toEqual([
      expect.stringMatching(/^typeorm@\d/),
    ]);
    expect(missingComponents({ ...bill, components: [] }, lock).length).toBeGreaterThan(100);
  });
});

describe('the check of licences', () => {
  const refusedOf = (entry: Lock['packages'][string]): string[] =>
    refusedLicences({
      packages: { '': {}, 'node_modules/a/node_modules/@b/c': { version: '1.0.0', ...entry } },
    });

  it('the check of licences allows the licence of every installed package', () => {
    expect(refusedLicences(JSON.parse(readProjectFile('package-lock.json')) as Lock)).toEqual([]);
  });

  it.each(['GPL-3.0-only', 'SEE LICENSE IN LICENSE.md', 'MIT AND GPL-2.0-only', 'UNLICENSED'])(
    'the check of licences names a package with the licence %s, also for development',
    (license) => {
      expect(refusedOf({ license })).toEqual([`@b/c@1.0.0 (${license})`]);
      expect(refusedOf({ license, dev: true })).toEqual([`@b/c@1.0.0 (${license})`]);
    },
  );

  it('the check of licences names a package without a licence', () => {
    expect(refusedOf({})).toEqual(['@b/c@1.0.0 (no licence)']);
  });

  it('the check of licences allows data under CC-BY-4.0 in development tools only', () => {
    expect(refusedOf({ license: 'CC-BY-4.0', dev: true })).toEqual([]);
    expect(refusedOf({ license: 'CC-BY-4.0', devOptional: true })).toEqual(['@b/c@1.0.0 (CC-BY-4.0)']);
  });
});

describe('the lock of the packages', () => {
  it('the lock of the packages holds no package whose install script npm runs, and none that reports installs', () => {
    const { allowScripts } = JSON.parse(readProjectFile('package.json')) as {
      allowScripts: Record<string, boolean>;
    };
    const { packages } = JSON.parse(readProjectFile('package-lock.json')) as Lock;
    const withScripts = Object.entries(packages).filter(([path, one]) => path !== '' && one.hasInstallScript);
    const names = withScripts.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(names.map((name) => [name, allowScripts[name]])).toEqual(names.map((name) => [name, false]));
    expect(Object.values(allowScripts)).not.toContain(true);
    expect(withScripts.filter(([, { dev }]) => !dev)).toEqual([]);
    expect(packages['node_modules/@scarf/scarf']).toBeUndefined();
  });
});
