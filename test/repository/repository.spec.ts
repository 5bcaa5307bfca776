import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, readProjectFile, readProjectYaml } from '../support/deploy/manifests.js';

const FORMS = '.github/ISSUE_TEMPLATE';

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: {
    readonly all: {
      readonly 'timeout-minutes': number;
      readonly strategy: { readonly matrix: { readonly node: readonly number[] } };
      readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
    };
  };
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: string[] };
  }[];
}

const manifest = JSON.parse(readProjectFile('package.json')) as {
  readonly license: string;
  readonly packageManager: string;
  readonly engines: { readonly node: string };
};

it('LICENSE is the text of the licence that package.json names', () => {
  expect(manifest.license).toBe('Apache-2.0');
  // This is the SHA-256 of https://www.apache.org/licenses/LICENSE-2.0.txt.
  expect(createHash('sha256').update(readProjectFile('LICENSE')).digest('hex')).toBe(
    'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30',
  );
});

it('packageManager in package.json is an exact version of npm, because Corepack accepts no range', () => {
  expect(manifest.packageManager).toMatch(/^npm@\d+\.\d+\.\d+$/);
});

describe('the GitHub workflow', () => {
  const text = readProjectFile('.github/workflows/ci.yaml');
  const { on, permissions, jobs } = readProjectYaml('.github/workflows/ci.yaml') as Workflow;
  const { all } = jobs;

  it('the GitHub workflow runs .ci/run on the oldest supported Node and on the version in .nvmrc', () => {
    const versions = all.strategy.matrix.node;
    expect(all.steps.map(({ run }) => run)).toContain('bash .ci/run');
    expect(versions[0]).toBe(Number(/\d+/.exec(manifest.engines.node)?.[0]));
    expect(versions).toContain(Number(readProjectFile('.nvmrc')));
  });

  it('the GitHub workflow gives pull requests no secrets and no write permission', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.keys(on).sort()).toEqual(['pull_request', 'push', 'schedule']);
    expect(text).not.toMatch(/secrets\.|github\.token|github\.event\.pull_request|head_ref/);
    expect(text).toContain('persist-credentials: false');
  });

  it('the GitHub workflow limits the time of each job, and uses a major version of each action', () => {
    expect(all['timeout-minutes']).toBeLessThanOrEqual(120);
    const actions = all.steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^(actions|azure)\/[a-z-]+@v\d+$/.test(action))).toEqual([]);
  });
});

describe.each(readdirSync(join(PROJECT, FORMS)).filter((name) => name !== 'config.yml'))(
  'the issue form %s',
  (name) => {
    const { name: title, description, body } = readProjectYaml(join(FORMS, name)) as Form;

    it('each issue form has the parts that GitHub requires', () => {
      expect([title, description].every((text) => text.length > 0)).toBe(true);
      const fields = body.filter(({ type }) => type !== 'markdown');
      const ids = fields.map(({ id }) => id);
      expect(new Set(ids).size).toBe(fields.length);
      for (const { type, attributes } of body) {
        expect(['markdown', 'textarea', 'input', 'dropdown']).toContain(type);
        expect(type === 'markdown' ? attributes.value : attributes.label).toMatch(/\S/);
        if (type === 'dropdown') expect(new Set(attributes.options).size).toBeGreaterThan(1);
      }
    });

    it('each issue form for logs or requests warns against publishing secrets', () => {
      const hasSensitiveField = body.some(({ id }) => id === 'log' || id === 'request');
      expect(!hasSensitiveField || JSON.stringify(body).includes('SECURITY.md')).toBe(true);
    });
  },
);

it('Dependabot updates packages, actions, the image and compose.yaml', () => {
  const { version, updates } = readProjectYaml('.github/dependabot.yml') as {
    version: number;
    updates: { 'package-ecosystem': string; directory: string }[];
  };
  expect([version, updates.map((one) => `${one['package-ecosystem']} ${one.directory}`)]).toEqual([
    2,
    ['npm /', 'github-actions /', 'docker /', 'docker-compose /'],
  ]);
});
