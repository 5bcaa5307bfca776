import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { ProjectCopy } from '../support/process/project-copy.js';

/** A module in one file: all that a stranger would have to write. */
const TINY = `
import { Get, Module } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import { NovaModule } from '../nova/nova.module.js';
import type { Policy } from '../nova/policy/policy.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { Caller } from '../nova/pipeline/parameters.js';
import { objectSchema } from '../nova/schema/fields.js';

const show = objectSchema('Who asks', { user_id: { description: 'The caller.' } });

const policy: Policy = {
  name: 'os_compute_api:os-whoami:show',
  rule: 'role:reader',
  description: 'See who one is.',
  operations: [{ method: 'GET', path: '/os-whoami' }],
  scopes: ['project'],
};

@NovaResource('os-whoami', { title: 'Who asks' })
class WhoAmIController {
  @Get()
  @NovaRoute({
    summary: 'Show who asks',
    description: 'The user of the token.',
    query: NO_QUERY,
    policy,
    view: { external: whoAsks, internal: whoAsks },
    response: { external: show, internal: show },
  })
  show(@Caller() caller: RequestContext): RequestContext {
    return caller;
  }
}

function whoAsks({ userId }: RequestContext): object {
  return { user_id: userId };
}

@Module({ imports: [NovaModule], controllers: [WhoAmIController] })
export class WhoAmIModule {}
`;
const FILE = 'src/os-whoami/whoami.module.ts';
const IMPORT = "import { WhoAmIModule } from './os-whoami/whoami.module.js';\n";

describe('a module that is one folder and one line', () => {
  let copy: ProjectCopy;

  beforeAll(async () => {
    copy = await ProjectCopy.create();
    await copy.write(FILE, TINY);
    const text = await copy.read('src/modules.ts');
    const withLine = text.replace('const MODULES = [', 'const MODULES = [WhoAmIModule,');
    expect(withLine).not.toBe(text);
    await copy.write('src/modules.ts', IMPORT + withLine);
  });

  afterAll(() => copy.remove());

  describe('in the running service', () => {
    let service: ServiceProcess;
    let url: string;

    beforeAll(async () => {
      service = await copy.launch();
      url = await service.url();
    });

    afterAll(() => service.kill());

    it('a module of one folder and one line answers on its routes, to the callers that its policy allows', async () => {
      const answer = await service.get('demo-tenant', '/v2.1/os-whoami');
      expect([answer.status, answer.body]).toEqual([200, '{"user_id":"35746"}']);
      expect(answer.headers.get('openstack-api-version')).toBe('compute 2.1');
      expect((await service.get('demo-auditor', '/v2.1/os-whoami')).status).toBe(403);
      expect((await service.get('nobody', '/v2.1/os-whoami')).status).toBe(401);
      // The other modules are as they were.
      expect((await service.get('demo-tenant', EXAMPLE_PATH)).status).toBe(200);
    });

    it('a module of one folder and one line is counted and logged by itself', async () => {
      await service.get('demo-tenant', '/v2.1/os-whoami');
      expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
        /^nova_action_log_http_requests_total\{route="\/v2\.1\/os-whoami",method="GET",status="200",microversion="2\.1",view="external"\} [1-9]/m,
      );
      expect(service.log).toContainEqual(
        expect.objectContaining({ path: '/v2.1/os-whoami', status: 200, view: 'external' }),
      );
    });

    it('a module of one folder and one line is documented', async () => {
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
      expect(paths).toMatchObject({
        '/v2.1/os-whoami': { get: { summary: 'Show who asks', tags: ['Who asks'] } },
      });
    });
  });

  it('a module of one folder and one line has its policy among all others', async () => {
    const { code, out } = await copy.npm('policy:sample');
    expect(code).toBe(0);
    expect(out).toContain('# See who one is.\n# GET  /os-whoami\n');
    expect(out).toContain('\n#"os_compute_api:os-whoami:show": "role:reader"\n');
  });

  it('a module of one folder and one line passes the checks of every route, and fails them without a description of its policy', async () => {
    const passing = await copy.jest('test/nova/routes.spec.ts');
    expect(passing).toMatchObject({ code: 0 });

    await copy.write(FILE, TINY.replace('See who one is.', ''));
    const failing = await copy.jest('test/nova/routes.spec.ts', '-t', 'every registered route');
    expect(failing.code).toBe(1);
    expect(failing.err).toContain('policy os_compute_api:os-whoami:show is not described');
    expect(failing.err).toContain('Tests:       1 failed');
  });
});
