import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { ProjectCopy } from '../support/process/project-copy.js';

/** The smallest possible module, in one file. A developer must write at least this code. */
const TINY = `
import { Get, Module } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import { NovaModule } from '../nova/nova.module.js';
import { policiesOf } from '../nova/policy/policy.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { Caller } from '../nova/pipeline/parameters.js';
import { objectSchema } from '../nova/schema/fields.js';
import { underKey } from '../nova/view/under-key.js';

const policy = policiesOf('os_compute_api:os-whoami');
const schema = objectSchema('The caller', { id: { description: 'The id of the caller.' } });

@NovaResource('os-whoami', { title: 'Callers' })
class WhoAmIController {
  @Get()
  @NovaRoute({
    summary: 'Show the caller',
    description: 'Shows the user of the token.',
    query: NO_QUERY,
    policy: policy('show', 'role:reader', 'GET /os-whoami', 'Show the own user id.'),
    ...underKey('user', { schema, example: { id: '35746' }, render }),
  })
  show(@Caller() caller: RequestContext): RequestContext {
    return caller;
  }
}

function render({ userId }: RequestContext): object {
  return { id: userId };
}

@Module({ imports: [NovaModule], controllers: [WhoAmIController] })
export class WhoAmIModule {}
`;
const FILE = 'src/os-whoami/whoami.module.ts';
const IMPORT = "import { WhoAmIModule } from './os-whoami/whoami.module.js';\n";

describe('a minimal module', () => {
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

    it('a minimal module returns 200 to a caller that its policy allows, 403 to others, and 401 without a token', async () => {
      const answer = await service.get('demo-tenant', '/v2.1/os-whoami');
      expect([answer.status, answer.body]).toEqual([200, '{"user":{"id":"35746"}}']);
      expect(answer.headers.get('openstack-api-version')).toBe('compute 2.1');
      expect((await service.get('demo-auditor', '/v2.1/os-whoami')).status).toBe(403);
      expect((await service.get('nobody', '/v2.1/os-whoami')).status).toBe(401);
      // The new module does not affect the other modules.
      expect((await service.get('demo-tenant', EXAMPLE_PATH)).status).toBe(200);
    });

    it('the metrics and the log contain the requests for a minimal module', async () => {
      await service.get('demo-tenant', '/v2.1/os-whoami');
      expect(await (await fetch(`${url}/metrics`)).text()).toMatch(
        /^nova_action_log_http_requests_total\{route="\/v2\.1\/os-whoami",method="GET",status="200",microversion="2\.1",view="external"\} [1-9]/m,
      );
      expect(service.log).toContainEqual(
        expect.objectContaining({ path: '/v2.1/os-whoami', status: 200, view: 'external' }),
      );
    });

    it('the OpenAPI document contains the routes of a minimal module', async () => {
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
      expect(paths).toMatchObject({
        '/v2.1/os-whoami': { get: { summary: 'Show the caller', tags: ['Callers'] } },
      });
    });
  });

  it('npm run policy:sample prints the policy of a minimal module', async () => {
    const { code, out } = await copy.npm('policy:sample');
    expect(code).toBe(0);
    expect(out).toContain('# Show the own user id.\n# GET  /os-whoami\n');
    expect(out).toContain('\n#"os_compute_api:os-whoami:show": "role:reader"\n');
  });

  it("a minimal module passes the checks of all routes, and fails if the module's policy has no description", async () => {
    const passing = await copy.jest('test/nova/routes.spec.ts');
    expect(passing).toMatchObject({ code: 0 });

    await copy.write(FILE, TINY.replace('Show the own user id.', ''));
    const failing = await copy.jest('test/nova/routes.spec.ts', '-t', 'every registered route');
    expect(failing.code).toBe(1);
    expect(failing.err).toContain(
      'policy os_compute_api:os-whoami:show has no description, operations or scopes',
    );
    expect(failing.err).toContain('Tests:       1 failed');
  });
});
