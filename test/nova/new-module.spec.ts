import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { namesOf } from '../../scripts/new-module/names.js';
import { rejectExisting, writeAll } from '../../scripts/new-module/project.js';

import type { ServiceProcess } from '../support/process/process.js';
import { ProjectCopy } from '../support/process/project-copy.js';
import type { Outcome } from '../support/process/run.js';

/** Programs that look at the whole project take their time on a machine that has other things to do. */
const PATIENCE = 600_000;

/** The server that a new embedded store holds. */
const SERVER = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const GROUPS = '/v2.1/os-server-groups';
const PORTS = `${SERVER}/os-interface`;

/** Modules with different options, by the folders that they become. */
const MODULES: Readonly<Record<string, string>> = {
  'server-groups': 'os-server-groups --path os-server-groups',
  'interface-attachments': 'interface-attachments --path servers/:server_id/os-interface --no-paging',
  'server-events': 'server-events --path servers/:server_id/os-events --id integer',
  aggregates: 'os-aggregates --path os-aggregates --api-database --no-paging --id integer',
};
const NAMES = Object.keys(MODULES);

let copy: ProjectCopy;
let before: ReadonlyMap<string, string>;
/** What the generator said of the first and of the last module. */
let said: Outcome;
let saidLast: Outcome;

beforeAll(async () => {
  copy = await ProjectCopy.create();
  before = copy.digests();
  const outcomes: Outcome[] = [];
  for (const words of Object.values(MODULES))
    outcomes.push(await copy.npm('new:module', ...words.split(' ')));
  expect(outcomes.map(({ code, err }) => [code, err])).toEqual(NAMES.map(() => [0, '']));
  [said, saidLast] = [outcomes[0] as Outcome, outcomes.at(-1) as Outcome];
}, PATIENCE);

afterAll(() => copy.remove());

describe('a generated module', () => {
  it('a generated module is a folder, a test and a line with its import', async () => {
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

  it('a generated module comes with a message about what was written and what to do next', () => {
    expect(said.out).toContain('  src/server-groups/server-groups.view.ts\n');
    expect(said.out).toContain('GET /v2.1/os-server-groups/{server_group_id}\n');
    expect(said.out).toContain('docs/adding-a-module.md');
  });

  it(
    'a generated module passes the checks (types, lint, format, unused code) but for the decisions that the generator lists',
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
      const listed = saidLast.out.match(/^ +(src\/aggregates\/\S+):\d+$/gm) ?? [];
      expect(listed.map((line) => `${line.trim().replace(/:\d+$/, '')} no-warning-comments`).sort()).toEqual(
        problems.filter((problem) => problem.startsWith('src/aggregates/')).sort(),
      );
      expect(listed).toHaveLength(5);
    },
    PATIENCE,
  );

  it('a generated module is part of the project whatever it is called: Prettier leaves out what Git does', async () => {
    const files = ['data', 'dist', 'coverage'].map((name) => `src/${name}/${name}.module.ts`);
    for (const file of files) await copy.write(file, 'export   class Unformatted {}');
    const { out } = await copy.tool('prettier', '--list-different', 'src');
    for (const file of files) await rm(dirname(join(copy.folder, file)), { recursive: true });
    expect(out.trim().split('\n').sort()).toEqual(files.sort());
  });

  it(
    'a generated module passes its own tests, and those of all modules',
    async () => {
      const own = NAMES.map((name) => `test/${name}/${name}.spec.ts`);
      const ofAll = ['nova/routes', 'database/schema', 'operations/openapi-examples', 'database/example'].map(
        (name) => `/test/${name}.spec.ts`,
      );
      const { code, err } = await copy.jest(...own, ...ofAll);
      expect([code, err]).toEqual([0, expect.stringContaining('Test Suites: 8 passed, 8 total')]);
    },
    PATIENCE,
  );

  it('a generated module has its policies among all others', async () => {
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

    // What else they answer, their own tests say.
    it.each([
      [GROUPS, 'demo-admin', 200, '{"server_groups":[{"uuid":"'],
      [GROUPS, 'demo-tenant', 403, 'os_compute_api:os-server-groups:index'],
      [PORTS, 'demo-stranger', 404, 'Instance 86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff could not be found.'],
      ['/v2.1/os-aggregates/x', 'demo-admin', 400, '"Invalid input received: id must be an integer"'],
    ])('a generated module answers %s to %s with %d', async (path, token, status, words) => {
      const answer = await service.ask(token, path);
      expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
    });

    it('a generated module is documented', async () => {
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

describe('the generator refuses', () => {
  it.each([
    ['a name in capitals', 'Os-Things', 'os-things', /"Os-Things" is no name of a module/],
    ['a name that is a path', '../things', 'os-things', /"..\/things" is no name/],
    ['a name of two lines', 'a\nb', 'os-things', /^"a\\nb" is no name/],
    ['a name that begins with a digit', 'os-2fa', 'os-2fa', /is no name/],
    ['a long name', `os-${'x'.repeat(40)}`, 'os-things', /at most 32 characters/],
    [
      'a name that the code itself uses',
      'os-texts',
      'os-texts',
      /would make a class Text: choose another name/,
    ],
    ['a path from the root', 'os-things', '/os-things', /"\/os-things" is no path of a resource/],
    ['a path in capitals', 'os-things', 'osThings', /is no path/],
    ['a parameter that is no server', 'os-things', 'servers/:id/os-things', /is no path/],
    ['a path like a project id', 'os-things', 'facade', /would be taken for a project id/],
    ['a path of the kit', 'os-things', 'servers', /served by the kit/],
  ])('the generator refuses %s', (_what, name, path, message) => {
    expect(() => namesOf(name, path)).toThrow(message);
  });

  it.each([
    ['a module that exists', 'instance-actions', 'os-moves', /^src\/instance-actions exists already/],
    ['a folder that is no module', 'config', 'os-config', /^src\/config exists already/],
    [
      'the name of another test',
      'repository',
      'os-repository',
      /^test\/repository\/repository.spec.ts exists already/,
    ],
    [
      'the classes of another module',
      'os-migrations',
      'os-moves',
      /has a class MigrationsController already/,
    ],
    [
      'the table of another module',
      'instance-actions-events',
      'os-acts',
      /has a table instance_actions_events/,
    ],
    [
      'the table that says which migrations have run',
      'nova-action-log-migrations',
      'os-acts',
      /^src\/database\/connection\/data-source.ts has a table nova_action_log_migrations already/,
    ],
    ['a class of the kit', 'os-servers', 'os-hosts', /has a class Server already/],
    ['a class of the application', 'app', 'os-app', /^src\/app.module.ts has a class AppModule already/],
    ['the path of another module', 'moves', 'os-migrations', /has the path os-migrations already/],
    ['the title of another module', 'server-actions', 'os-acts', /has the title Server actions already/],
    ['the policies of another module', 'acts', 'os-instance-actions', /policies of os-instance-actions/],
  ])('the generator refuses %s', (_what, name, path, message) => {
    const names = namesOf(name, path);
    const refused = (): void => {
      rejectExisting(copy.folder, names, [`test/${name}/${name}.spec.ts`]);
    };
    expect(refused).toThrow(message);
  });

  it.each([
    ['a module that exists', ['os-server-groups', '--path', 'os-server-groups'], /^src\/server-groups/],
    ['no path', ['os-things'], /^give one name and its --path/],
    ['two paths', ['os-things', '--path', 'os-a', '--path', 'os-b'], /^give one name and its --path/],
    ['an unknown option', ['os-things', '--route', 'x'], /^Unknown option '--route'/],
    ['an unknown id', ['os-things', '--path', 'os-a', '--id', 'name'], /^--id is uuid or integer/],
    [
      'the API database for the resources of a server',
      ['os-things', '--path', 'servers/:server_id/os-a', '--api-database'],
      /^--api-database is for paths outside servers/,
    ],
  ])('the generator refuses %s, with one line, and changes no file', async (_what, words, message) => {
    const files = copy.digests();
    const { code, out, err } = await copy.tool('tsx', 'scripts/new-module.ts', ...words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/^.+\n$/);
    expect(copy.digests()).toEqual(files);
  });

  it('the generator leaves no half a module behind when it cannot write a file', async () => {
    const files = copy.digests();
    const module = { path: 'src/os-things/things.module.ts', text: '' };
    const inNoFolder = { path: 'README.md/things.ts', text: '' };
    const changed = { path: 'src/modules.ts', text: '' };
    await expect(writeAll(copy.folder, [module, inNoFolder], changed)).rejects.toThrow(/README\.md/);
    const there = { path: 'src/main.ts', text: '' };
    await expect(writeAll(copy.folder, [module, there], changed)).rejects.toThrow(/EEXIST/);
    expect(copy.digests()).toEqual(files);
  });

  it('the generator prints its help without an error', async () => {
    const { code, out } = await copy.tool('tsx', 'scripts/new-module.ts', '--help');
    expect(code).toBe(0);
    expect(out).toContain('--path PATH');
  });
});
