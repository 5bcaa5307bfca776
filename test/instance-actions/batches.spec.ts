import { beforeAll, describe, expect, it } from '@jest/globals';
import { RequestSender } from '../conformance/request-sender.js';
import { explained } from '../support/databases/explain.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { type Crowd, fillCrowd } from '../support/nova/crowd.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { seededRandom } from '../support/random.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { endedAfterAll } from '../support/ended-after-all.js';

const ASKED = 600;
const AT_ONCE = 60;
const TRIES = 5;
const EXPLAINED = 40;

/** Requests that wait together are answered together: nobody may get what another one asked for. */
describe('requests at the same time', () => {
  let server: PrivateMariaDb;
  let databases: NovaDatabases;
  let log: StatementLog;
  let crowds: readonly Crowd[];
  let service: RunningService;
  let sender: RequestSender;

  const keep = endedAfterAll();

  beforeAll(async () => {
    server = keep(await privateMariaDb());
    databases = await createNovaDatabases(server);
    crowds = [
      await fillCrowd(databases, 'cell1', { servers: 40, actions: 25 }),
      await fillCrowd(databases, 'cell2', { servers: 40, actions: 5 }),
    ];
    log = keep(await StatementLog.start(server, databases.reader.username));
    service = keep(await startService({ NOVA_API_DATABASE_URL: databases.apiUrl }));
    sender = keep(new RequestSender(service.url, AT_ONCE));
  });

  async function ask(path: string): Promise<{ status: number; body: unknown }> {
    const headers = {
      'X-Auth-Token': personaTokens['admin'] ?? '',
      'OpenStack-API-Version': 'compute 2.84',
    };
    for (let tries = 1; ; tries += 1) {
      const { status, body } = await sender.send({ method: 'GET', path, headers, body: undefined });
      // On a busy machine a question may come to the end of its time.
      if (status !== 503 || tries === TRIES) return { status, body: JSON.parse(body) };
    }
  }

  it('concurrent requests each get their own answer, and their queries read by keys only', async () => {
    const random = seededRandom('batches');
    const questions = Array.from({ length: ASKED }, () => {
      const crowd = random.pick(crowds);
      const uuid = random.pick(crowd.servers);
      // As MySQL compares: regardless of case, and of spaces at the end.
      const written = random.pick([uuid, uuid, uuid.toUpperCase()]);
      const number = 1 + random.int(0, 29);
      const request = crowd.requestId(uuid, number);
      const asked = random.pick([
        request,
        request,
        request.toUpperCase(),
        `${request}%20`,
        `${request}%F0%9F%98%80`,
        'x',
      ]);
      const limit = random.int(0, 3);
      const isList = random.int(0, 2) === 0;
      const path = `/v2.1/servers/${written}/os-instance-actions${isList ? `?limit=${limit}` : `/${asked}`}`;
      return { path, uuid, request, number, asked, limit, isList, crowd };
    });
    await log.taken();
    const answers = await Promise.all(questions.map(({ path }) => ask(path)));
    const statements = await log.taken();

    answers.forEach(({ status, body }, index) => {
      const { uuid, request, number, asked, limit, isList, crowd } = questions[
        index
      ] as (typeof questions)[number];
      const actions = crowd === crowds[0] ? 25 : 5;
      if (isList) {
        const expected = Array.from({ length: limit }, (_, place) => ({
          instance_uuid: uuid,
          request_id: crowd.requestId(uuid, actions - place),
        }));
        expect({ status, body }).toMatchObject({ status: 200, body: { instanceActions: expected } });
      } else if (number > actions || asked === 'x' || asked.endsWith('%F0%9F%98%80')) {
        expect(status).toBe(404);
      } else {
        const events = ['compute_step_2', 'compute_step_1'].map((event) => ({ event, host: 'compute-1' }));
        const instanceAction = { instance_uuid: uuid, request_id: request, events };
        expect({ status, body }).toMatchObject({ status: 200, body: { instanceAction } });
      }
    });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
    expect(new Set(questions.map(({ isList }) => isList)).size).toBe(2);
    // One by one it would be three or four statements for each; else nothing was tried.
    expect(statements.length).toBeLessThan(2 * ASKED);
    const together = statements.filter(({ sql }) => sql.includes(' UNION ALL '));
    expect(together.length).toBeGreaterThan(0);
    await explained(server, together.slice(0, EXPLAINED), { small: ['cell_mappings'] });
  });
});
