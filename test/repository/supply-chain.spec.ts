import { describe, expect, it } from '@jest/globals';
import { evaluateAudit } from '../../scripts/supply-chain/evaluate-audit.js';
import { type Bill, type Lock, missingComponents } from '../../scripts/supply-chain/missing-components.js';
import { disallowedLicences } from '../../scripts/supply-chain/disallowed-licences.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { run } from '../support/process/run.js';

describe('npm run audit', () => {
  it('npm run audit succeeds if no vulnerability is known', () => {
    expect(evaluateAudit({ vulnerabilities: {}, metadata: {} })).toEqual({ kind: 'clean' });
  });

  it('npm run audit reports each package with a known vulnerability', () => {
    const vulnerabilities = { ms: { name: 'ms', severity: 'low' }, qs: { name: 'qs', severity: 'critical' } };
    expect(evaluateAudit({ vulnerabilities })).toEqual({
      kind: 'vulnerable',
      packages: ['ms (low)', 'qs (critical)'],
    });
  });

  it.each([404, 405, 501])(
    'npm run audit reports that it checked nothing if the registry returns %s',
    (statusCode) => {
      const answer = { message: `${statusCode} Not so`, statusCode, body: '' };
      expect(evaluateAudit(answer)).toMatchObject({ kind: 'not checked' });
    },
  );

  it.each([
    ['an outage', { message: '503 Service Unavailable', statusCode: 503 }],
    ['a network error', { message: 'getaddrinfo ENOTFOUND', error: { summary: '' } }],
    ['an empty object', {}],
    ['output that is not an object', null],
  ])('npm run audit fails instead of reporting a clean audit after %s', (_what, answer) => {
    expect(() => evaluateAudit(answer)).toThrow('npm audit');
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

describe('the licence check', () => {
  const disallowedOf = (entry: Lock['packages'][string]): string[] =>
    disallowedLicences({
      packages: { '': {}, 'node_modules/a/node_modules/@b/c': { version: '1.0.0', ...entry } },
    });

  it('the licence check accepts the licence of every installed package', () => {
    expect(disallowedLicences(JSON.parse(readProjectFile('package-lock.json')) as Lock)).toEqual([]);
  });

  it.each(['GPL-3.0-only', 'SEE LICENSE IN LICENSE.md', 'MIT AND GPL-2.0-only', 'UNLICENSED'])(
    'the licence check reports a package with the licence %s, even a development package',
    (license) => {
      expect(disallowedOf({ license })).toEqual([`@b/c@1.0.0 (${license})`]);
      expect(disallowedOf({ license, dev: true })).toEqual([`@b/c@1.0.0 (${license})`]);
    },
  );

  it('the licence check reports a package without a licence', () => {
    expect(disallowedOf({})).toEqual(['@b/c@1.0.0 (no licence)']);
  });

  it('the licence check accepts CC-BY-4.0 for development packages only', () => {
    expect(disallowedOf({ license: 'CC-BY-4.0', dev: true })).toEqual([]);
    expect(disallowedOf({ license: 'CC-BY-4.0', devOptional: true })).toEqual(['@b/c@1.0.0 (CC-BY-4.0)']);
  });
});

describe('package-lock.json', () => {
  it('package-lock.json contains no package with an install script that npm would run, and no package that reports its installation', () => {
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
