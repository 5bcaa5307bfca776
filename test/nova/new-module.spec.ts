import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { wantedFrom } from '../../scripts/new-module/arguments.js';
import { generate } from '../../scripts/new-module/generate.js';
import { writeAll } from '../../scripts/new-module/project.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { applyChange, changesIn } from '../support/process/example-changes.js';
import { ProjectCopy } from '../support/process/project-copy.js';
import type { Outcome } from '../support/process/run.js';

/** The time that a check of the whole project may take on a busy machine, in milliseconds. */
const PROJECT_CHECK_TIMEOUT = 600_000;

const GUIDE = readProjectFile('docs/adding-a-module.md');

/** For each generated module: its folder in src/, and the arguments of the generator. */
const MODULES: readonly (readonly [folder: string, words: string])[] = [
  // The example modules of the guide. Its diffs change them before all checks.
  ...[...GUIDE.matchAll(/^ *npm run new:module -- (os-([\w-]+) .+)$/gm)].map(
    ([, words = '', folder = '']) => [folder, words] as const,
  ),
  [
    'interface-attachments',
    'interface-attachments --path servers/:server_id/os-interface --no-paging --writes',
  ],
  ['server-events', 'server-events --path servers/:server_id/os-events --id integer'],
  ['agents', 'os-agents --path os-agents'],
  ['aggregates', 'os-aggregates --path os-aggregates --api-database --no-paging --id integer --writes'],
];
const NAMES = MODULES.map(([folder]) => folder);

let copy: ProjectCopy;
let before: ReadonlyMap<string, string>;
/** The output of the generator for the first module in MODULES. `lastReport`: for the last one. */
let firstOutcome: Outcome;
let lastReport: string;

beforeAll(async () => {
  copy = await ProjectCopy.create();
  before = copy.digests();
  const [[, firstWords], ...others] = MODULES as [(typeof MODULES)[number], ...typeof MODULES];
  firstOutcome = await copy.npm('new:module', ...firstWords.split(' '));
  for (const [, words] of others) {
    const wanted = wantedFrom(words.split(' '));
    if (wanted !== undefined) lastReport = await generate(copy.folder, wanted);
  }
  const changes = changesIn(GUIDE);
  expect(changes.length).toBeGreaterThan(10);
  for (const change of changes) await applyChange(copy, change);
}, PROJECT_CHECK_TIMEOUT);

afterAll(() => copy.remove());

describe('a generated module', () => {
  it('a generated module consists of a folder, a test, and one line and one import in src/modules.ts', async () => {
    const after = copy.digests();
    const changed = [...before].filter(([path, digest]) => after.get(path) !== digest);
    expect(changed.map(([path]) => path)).toEqual(['src/modules.ts']);
    const made = [...after.keys()].filter((path) => !before.has(path)).sort();
    expect(made.filter((path) => path.includes('keypair'))).toEqual([
      expect.stringMatching(/^src\/keypairs\/\d{13}-create-keypairs\.ts$/),
      'src/keypairs/example.ts',
      'src/keypairs/keypair.entity.ts',
      ...['body', 'controller', 'module', 'policies', 'query', 'service', 'store', 'view'].map(
        (part) => `src/keypairs/keypairs.${part}.ts`,
      ),
      'test/keypairs/keypairs.spec.ts',
    ]);
    expect(made.filter((path) => path.includes('pause'))).toEqual([
      ...['actions', 'body', 'module', 'policies'].map((part) => `src/pause-server/pause-server.${part}.ts`),
      'test/pause-server/pause-server.spec.ts',
    ]);
    expect(made.filter((path) => path.includes('aggregate'))).toHaveLength(11);
    const modules = await copy.read('src/modules.ts');
    expect(modules.match(/^.*(Keypairs|InterfaceAttachments).*$/gm)).toEqual([
      "import { InterfaceAttachmentsModule } from './interface-attachments/interface-attachments.module.js';",
      "import { KeypairsModule } from './keypairs/keypairs.module.js';",
      '  KeypairsModule,',
      '  InterfaceAttachmentsModule,',
    ]);
  });

  it('the generator prints the written files, the new routes and the next steps', () => {
    expect([firstOutcome.code, firstOutcome.err]).toEqual([0, '']);
    expect(firstOutcome.out).toContain('  src/keypairs/keypairs.view.ts\n');
    expect(firstOutcome.out).toContain('DELETE /v2.1/os-keypairs/{keypair_id}\n');
    expect(firstOutcome.out).toContain('docs/adding-a-module.md');
  });

  it(
    'a generated module passes the checks (types, lint, format, unused code), except for the decisions that the generator lists',
    async () => {
      const written = NAMES.flatMap((name) => [`src/${name}`, `test/${name}/${name}.spec.ts`]);
      const config = { extends: './tsconfig.json', include: ['src', ...written] };
      await copy.write('tsconfig.new.json', JSON.stringify(config));
      const [types, lint] = await Promise.all([
        copy.tool('tsc', '-p', 'tsconfig.new.json'),
        copy.tool('eslint', '--format', 'json', ...written),
      ]);
      const [format, unused] = await Promise.all([
        copy.tool('prettier', '--check', 'src/modules.ts', ...written),
        copy.tool('knip'),
      ]);
      for (const { code, out, err } of [types, format, unused]) {
        expect([code, code === 0 ? '' : out + err]).toEqual([0, '']);
      }
      const found = JSON.parse(lint.out) as { filePath: string; messages: { ruleId: string }[] }[];
      const problems = found.flatMap(({ filePath, messages }) =>
        messages.map(({ ruleId }) => `${relative(copy.folder, filePath)} ${ruleId}`),
      );
      expect(problems.filter((problem) => !problem.endsWith(' no-warning-comments'))).toEqual([]);
      const listed = lastReport.match(/^ +(src\/aggregates\/\S+):\d+$/gm) ?? [];
      expect(listed.map((line) => `${line.trim().replace(/:\d+$/, '')} no-warning-comments`).sort()).toEqual(
        problems.filter((problem) => problem.startsWith('src/aggregates/')).sort(),
      );
      expect(listed).toHaveLength(7);
    },
    PROJECT_CHECK_TIMEOUT,
  );

  it('Prettier checks a module with the name of an ignored folder, such as data, dist or coverage', async () => {
    const files = ['data', 'dist', 'coverage'].map((name) => `src/${name}/${name}.module.ts`);
    for (const file of files) await copy.write(file, 'export   class Unformatted {}');
    const { out } = await copy.tool('prettier', '--list-different', ...files.map(dirname));
    for (const file of files) await rm(dirname(join(copy.folder, file)), { recursive: true });
    expect(out.trim().split('\n').sort()).toEqual(files.sort());
  });

  it(
    'a generated module passes its own tests and the tests of all modules',
    async () => {
      const own = NAMES.map((name) => `test/${name}/${name}.spec.ts`);
      const ofAll = ['nova/routes', 'database/schema', 'operations/openapi-examples', 'database/example'].map(
        (name) => `/test/${name}.spec.ts`,
      );
      const { code, err } = await copy.jest(...own, ...ofAll);
      expect([code, err]).toEqual([0, expect.stringContaining('Test Suites: 10 passed, 10 total')]);
    },
    PROJECT_CHECK_TIMEOUT,
  );
});

describe('the generator', () => {
  it.each([
    ['an existing module', ['os-keypairs', '--path', 'os-keypairs'], /^src\/keypairs/],
    ['an unknown option', ['os-things', '--route', 'x'], /^Unknown option '--route'/],
  ])(
    'the generator rejects %s with a one-line message, and changes no file',
    async (_what, words, message) => {
      const files = copy.digests();
      const { code, out, err } = await copy.tool('tsx', 'scripts/new-module.ts', ...words);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
      expect(err).toMatch(/^.+\n$/);
      expect(copy.digests()).toEqual(files);
    },
  );

  it('the generator removes all new files if it cannot write one of the files', async () => {
    const files = copy.digests();
    const module = { path: 'src/os-things/things.module.ts', text: '' };
    const belowFile = { path: 'README.md/things.ts', text: '' };
    const changed = { path: 'src/modules.ts', text: '' };
    await expect(writeAll(copy.folder, [module, belowFile], changed)).rejects.toThrow(/README\.md/);
    const existing = { path: 'src/main.ts', text: '' };
    await expect(writeAll(copy.folder, [module, existing], changed)).rejects.toThrow(/EEXIST/);
    expect(copy.digests()).toEqual(files);
  });

  it('the generator prints its help with exit code 0', async () => {
    const { code, out } = await copy.tool('tsx', 'scripts/new-module.ts', '--help');
    expect(code).toBe(0);
    expect(out).toContain('--path PATH');
  });
});
