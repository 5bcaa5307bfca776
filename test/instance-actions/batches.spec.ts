import { beforeAll, describe, expect, it } from '@jest/globals';
import { RequestSender } from '../conformance/request-sender.js';
import { explainStatements } from '../support/databases/explain.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { type ManyRows, insertManyRows } from '../support/nova/many-rows.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { seededRandom } from '../support/random.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { StatementLog } from '../support/databases/statement-log.js';
import { closeAfterAll } from '../support/close-after-all.js';

const REQUESTS = 600;
const CONCURRENCY = 60;
const MAX_TRIES = 5;
const MAX_EXPLAINED = 40;

/**
 * The service can read the rows for several waiting requests with one query. These tests check that each request gets
 * its own rows.
 */
describe('concurrent requests', () => {
  let server: PrivateMariaDb;
  let databases: NovaDatabases;
  let log: StatementLog;
  let crowds: readonly ManyRows[];
  let service: RunningService;
  let sender: RequestSender;
  let sent = 0;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await privateMariaDb());
    databases = await createNovaDatabases(server);
    crowds = [
      await insertManyRows(databases, 'cell1', { servers: 40, actions: 25 }),
      await insertManyRows(databases, 'cell2', { servers: 40, actions: 5 }),
    ];
    log = keep(await StatementLog.start(server, databases.reader.username));
    service = keep(await startService({ NOVA_API_DATABASE_URL: databases.apiUrl }));
    sender = keep(new RequestSender(service.url, CONCURRENCY));
  });

  async function ask(path: string): Promise<{ status: number; body: unknown }> {
    const headers = {
      'X-Auth-Token': personaTokens['admin'] ?? '',
      'OpenStack-API-Version': 'compute 2.84',
    };
    for (let tries = 1; ; tries += 1) {
      sent += 1;
      const { status, body } = await sender.send({ method: 'GET', path, headers, body: undefined });
      // On a busy machine, a query sometimes misses its deadline, and the response is 503. The request is then sent
      // again.
      if (status !== 503 || tries === MAX_TRIES) return { status, body: JSON.parse(body) };
    }
  }

  it('concurrent requests each get the rows of the requested server, and the queries read rows only by index', async () => {
    const random = seededRandom('batches');
    const requests = Array.from({ length: REQUESTS }, () => {
      const crowd = random.pick(crowds);
      const uuid = random.pick(crowd.servers);
      // MySQL ignores case and trailing spaces when it compares texts, so some requests contain another spelling of the
      // UUID.
      const written = random.pick([uuid, uuid, uuid.toUpperCase()]);
      const number = 1 + random.int(0, 29);
      const request = crowd.requestId(uuid, number);
      const requestId = random.pick([
        request,
        request,
        request.toUpperCase(),
        `${request}%20`,
        `${request}%F0%9F%98%80`,
        'x',
      ]);
      const limit = random.int(0, 3);
      const isList = random.int(0, 2) === 0;
      const path = `/v2.1/servers/${written}/os-instance-actions${isList ? `?limit=${limit}` : `/${requestId}`}`;
      return { path, uuid, request, number, requestId, limit, isList, crowd };
    });
    await log.readNew();
    const answers = await Promise.all(requests.map(({ path }) => ask(path)));
    const statements = await log.readNew();

    answers.forEach(({ status, body }, index) => {
      const { uuid, request, number, requestId, limit, isList, crowd } = requests[
        index
      ] as (typeof requests)[number];
      const actions = crowd === crowds[0] ? 25 : 5;
      if (isList) {
        const expected = Array.from({ length: limit }, (_, place) => ({
          instance_uuid: uuid,
          request_id: crowd.requestId(uuid, actions - place),
        }));
        expect({ status, body }).toMatchObject({ status: 200, body: { instanceActions: expected } });
      } else if (number > actions || requestId === 'x' || requestId.endsWith('%F0%9F%98%80')) {
        expect(status).toBe(404);
      } else {
        const events = ['compute_step_2', 'compute_step_1'].map((event) => ({ event, host: 'compute-1' }));
        const instanceAction = { instance_uuid: uuid, request_id: request, events };
        expect({ status, body }).toMatchObject({ status: 200, body: { instanceAction } });
      }
    });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
    expect(new Set(requests.map(({ isList }) => isList)).size).toBe(2);
    // With its own queries, each request would need three or four statements. So these limits show that requests shared
    // queries.
    expect(statements.length).toBeLessThan(2 * sent);
    const together = statements.filter(({ sql }) => sql.includes(' UNION ALL '));
    expect(together.length).toBeGreaterThan(0);
    await explainStatements(server, together.slice(0, MAX_EXPLAINED), { small: ['cell_mappings'] });
  });
});
