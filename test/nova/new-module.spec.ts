import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { namesOf } from '../../scripts/new-module/names.js';
import { rejectExisting, writeAll } from '../../scripts/new-module/project.js';
import type { ServiceProcess } from '../support/process/process.js';
import { ProjectCopy } from '../support/process/project-copy.js';
import type { Outcome } from '../support/process/run.js';

/** The time that a check of the whole project may take on a busy machine, in milliseconds. */
const PROJECT_CHECK_TIMEOUT = 600_000;

/** A server in the example data of a new SQLite database. */
const SERVER = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const GROUPS = '/v2.1/os-server-groups';
const PORTS = `${SERVER}/os-interface`;

/** For each generated module: its folder in src/, and the arguments of the generator. */
const MODULES: Readonly<Record<string, string>> = {
  'server-groups': 'os-server-groups --path os-server-groups',
  'interface-attachments': 'interface-attachments --path servers/:server_id/os-interface --no-paging',
  'server-events': 'server-events --path servers/:server_id/os-events --id integer',
  aggregates: 'os-aggregates --path os-aggregates --api-database --no-paging --id integer',
};
const NAMES = Object.keys(MODULES);

let copy: ProjectCopy;
let before: ReadonlyMap<string, string>;
/** The output of the generator for the first module in MODULES. `lastOutcome`: for the last one. */
let firstOutcome: Outcome;
let lastOutcome: Outcome;

beforeAll(async () => {
  copy = await ProjectCopy.create();
  before = copy.digests();
  const outcomes: Outcome[] = [];
  for (const words of Object.values(MODULES))
    outcomes.push(await copy.npm('new:module', ...words.split(' ')));
  expect(outcomes.map(({ code, err }) => [code, err])).toEqual(NAMES.map(() => [0, '']));
  [firstOutcome, lastOutcome] = [outcomes[0] as Outcome, outcomes.at(-1) as Outcome];
}, PROJECT_CHECK_TIMEOUT);

afterAll(() => copy.remove());

describe('a generated module', () => {
  it('a generated module consists of a folder, a test, and one line and one import in src/modules.ts', async () => {
    const after = copy.digests();
    const changed = [...before].filter(([path, digest]) => after.get(path) !== digest);
    expect(changed.map(([path]) => path)).toEqual(['src/modules.ts']);
    const made = [...after.keys()].filter((path) => !before.has(path)).sort();
    expect(made.filter((path) => path.includes('server-groups'))).toEqual([
      expect.stringMatching(/^src\/server-groups\/\d{13}-create-server-groups\.ts$/),
      'src/server-groups/example.ts',
      'src/server-groups/server-group.entity.ts',
      ...['controller', 'module', 'policies', 'query', 'schema', 'service', 'store', 'view'].map(
        (part) => `src/server-groups/server-groups.${part}.ts`,
      ),
      'test/server-groups/server-groups.spec.ts',
    ]);
    expect(made.filter((path) => path.includes('aggregate'))).toHaveLength(11);
    const modules = await copy.read('src/modules.ts');
    expect(modules.match(/^.*(ServerGroups|InterfaceAttachments).*$/gm)).toEqual([
      "import { InterfaceAttachmentsModule } from './interface-attachments/interface-attachments.module.js';",
      "import { ServerGroupsModule } from './server-groups/server-groups.module.js';",
      '  ServerGroupsModule,',
      '  InterfaceAttachmentsModule,',
    ]);
  });

  it('the generator prints the written files, the new routes and the next steps', () => {
    expect(firstOutcome.out).toContain('  src/server-groups/server-groups.view.ts\n');
    expect(firstOutcome.out).toContain('GET /v2.1/os-server-groups/{server_group_id}\n');
    expect(firstOutcome.out).toContain('docs/adding-a-module.md');
  });

  it(
    'a generated module passes the checks (types, lint, format, unused code), except for the decisions that the generator lists',
    async () => {
      const written = NAMES.flatMap((name) => [`src/${name}`, `test/${name}/${name}.spec.ts`]);
      const [types, lint] = await Promise.all([
        copy.tool('tsc', '--noEmit'),
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
      const listed = lastOutcome.out.match(/^ +(src\/aggregates\/\S+):\d+$/gm) ?? [];
      expect(listed.map((line) => `${line.trim().replace(/:\d+$/, '')} no-warning-comments`).sort()).toEqual(
        problems.filter((problem) => problem.startsWith('src/aggregates/')).sort(),
      );
      expect(listed).toHaveLength(5);
    },
    PROJECT_CHECK_TIMEOUT,
  );

  it('Prettier checks a module with the name of an ignored folder, such as data, dist or coverage', async () => {
    const files = ['data', 'dist', 'coverage'].map((name) => `src/${name}/${name}.module.ts`);
    for (const file of files) await copy.write(file, 'export   class Unformatted {}');
    const { out } = await copy.tool('prettier', '--list-different', 'src');
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
      expect([code, err]).toEqual([0, expect.stringContaining('Test Suites: 8 passed, 8 total')]);
    },
    PROJECT_CHECK_TIMEOUT,
  );

  it('npm run policy:sample prints the policies of a generated module', async () => {
    const { out } = await copy.npm('policy:sample');
    for (const name of ['os-server-groups:index', 'os-aggregates:show', 'os-interface:index']) {
      expect(out).toContain(`\n#"os_compute_api:${name}": "rule:context_is_admin"\n`);
    }
  });

  describe('in the running service', () => {
    let service: ServiceProcess;

    beforeAll(async () => {
      service = await copy.launch();
    });

    afterAll(() => service.kill());

    // The generated tests check most responses, so only a few are tested here.
    it.each([
      [GROUPS, 'demo-admin', 200, '{"server_groups":[{"uuid":"'],
      [GROUPS, 'demo-tenant', 403, 'os_compute_api:os-server-groups:index'],
      [PORTS, 'demo-stranger', 404, 'Instance 86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff could not be found.'],
      ['/v2.1/os-aggregates/x', 'demo-admin', 400, '"Invalid input received: id must be an integer"'],
    ])(
      'GET %s on a generated module, sent with the token %s, returns %d',
      async (path, token, status, words) => {
        const answer = await service.get(token, path);
        expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
      },
    );

    it('the OpenAPI document contains the routes of a generated module', async () => {
      const answer = await fetch(`${await service.url()}/openapi.json`);
      const { paths } = (await answer.json()) as { paths: object };
      expect(Object.keys(paths)).toEqual(
        expect.arrayContaining([
          `${GROUPS}/{server_group_id}`,
          '/v2.1/servers/{server_id}/os-interface/{interface_attachment_id}',
        ]),
      );
    });
  });
});

describe('the generator', () => {
  it.each([
    ['a name in capitals', 'Os-Things', 'os-things', /"Os-Things" is not a valid module name/],
    ['a name that is a path', '../things', 'os-things', /"..\/things" is not a valid module name/],
    ['a name of two lines', 'a\nb', 'os-things', /^"a\\nb" is not a valid module name/],
    ['a name that begins with a digit', 'os-2fa', 'os-2fa', /is not a valid module name/],
    ['a long name', `os-${'x'.repeat(40)}`, 'os-things', /at most 32 characters/],
    [
      'a name that leads to a class that every module uses',
      'os-texts',
      'os-texts',
      /would create a class Text: choose another name/,
    ],
    ['a path that begins with a slash', 'os-things', '/os-things', /"\/os-things" is not a valid path/],
    ['a path in capitals', 'os-things', 'osThings', /is not a valid path/],
    ['a parameter other than :server_id', 'os-things', 'servers/:id/os-things', /is not a valid path/],
    ['a path that looks like a project id', 'os-things', 'facade', /looks like a project id/],
    ['a path of the service itself', 'os-things', 'servers', /is a path of the service itself/],
  ])('the generator rejects %s', (_what, name, path, message) => {
    expect(() => namesOf(name, path)).toThrow(message);
  });

  it.each([
    ['an existing module', 'instance-actions', 'os-moves', /^src\/instance-actions already exists/],
    ['the name of another folder', 'config', 'os-config', /^src\/config already exists/],
    [
      'the name of another test',
      'repository',
      'os-repository',
      /^test\/repository\/repository.spec.ts already exists/,
    ],
    [
      'the classes of another module',
      'os-migrations',
      'os-moves',
      /already has a class MigrationsController/,
    ],
    [
      'the table of another module',
      'instance-actions-events',
      'os-acts',
      /already has a table instance_actions_events/,
    ],
    [
      'the table of executed migrations',
      'nova-action-log-migrations',
      'os-acts',
      /^src\/database\/connection\/data-source.ts already has a table nova_action_log_migrations/,
    ],
    ['a class of the kit', 'os-servers', 'os-hosts', /already has a class Server/],
    ['a class of the application', 'app', 'os-app', /^src\/app.module.ts already has a class AppModule/],
    ['the path of another module', 'moves', 'os-migrations', /already has the path os-migrations/],
    ['the title of another module', 'server-actions', 'os-acts', /already has the title Server actions/],
    ['the policies of another module', 'acts', 'os-instance-actions', /policies of os-instance-actions/],
  ])('the generator rejects %s', (_what, name, path, message) => {
    const names = namesOf(name, path);
    const check = (): void => {
      rejectExisting(copy.folder, names, [`test/${name}/${name}.spec.ts`]);
    };
    expect(check).toThrow(message);
  });

  it.each([
    ['an existing module', ['os-server-groups', '--path', 'os-server-groups'], /^src\/server-groups/],
    ['a call without a path', ['os-things'], /^give one NAME and one --path/],
    ['two paths', ['os-things', '--path', 'os-a', '--path', 'os-b'], /^give one NAME and one --path/],
    ['an unknown option', ['os-things', '--route', 'x'], /^Unknown option '--route'/],
    [
      'an unknown kind of id',
      ['os-things', '--path', 'os-a', '--id', 'name'],
      /^--id must be uuid or integer/,
    ],
    [
      'the API database for the resources of a server',
      ['os-things', '--path', 'servers/:server_id/os-a', '--api-database'],
      /^--api-database cannot be used for a path below servers/,
    ],
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
