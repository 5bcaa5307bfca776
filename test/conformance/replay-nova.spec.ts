import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { loadCases, loadFixture } from './cases.js';
import { KNOWN_DIFFERENCES } from './known-differences.js';
import { printReport, replay } from './replay.js';

describe("recorded answers of a real Nova, on Nova's own databases", () => {
  let server: MariaDbServer;
  let databases: NovaDatabases;
  let service: RunningService;

  beforeAll(async () => {
    server = await mariaDb();
    databases = await createNovaDatabases(server, { templates: ['cell2'] });
    await databases.fill(loadFixture());
    service = await startService({
      NOVA_API_DATABASE_URL: databases.apiUrl,
      NOVA_DATABASE_URL: databases.cells.cell0.url,
    });
  });

  afterAll(async () => {
    await service.stop();
    await databases.remove();
    await server.stop();
  });

  it.each([
    ['answers.jsonl', 1742],
    ['migrations-answers.jsonl', 960],
  ])('are given identically: %s', async (file, count) => {
    const cases = loadCases(file);
    const report = await replay(cases, {
      baseUrl: service.url,
      tokens: personaTokens,
      knownDifferences: KNOWN_DIFFERENCES,
    });
    printReport(report);
    expect([report.asked, report.different]).toEqual([count, []]);
  });
});
