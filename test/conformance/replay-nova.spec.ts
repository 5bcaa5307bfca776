import { beforeAll, describe, expect, it } from '@jest/globals';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { loadCases, loadFixture } from './cases.js';
import { KNOWN_DIFFERENCES } from './known-differences.js';
import { printReport, replay } from './replay.js';
import { closeAfterAll } from '../support/close-after-all.js';

describe("the service on Nova's own databases", () => {
  let server: MariaDbServer;
  let databases: NovaDatabases;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    server = keep(await mariaDb());
    databases = keep(await createNovaDatabases(server, { templates: ['cell2'] }));
    await databases.fill(loadFixture());
    service = keep(
      await startService({
        NOVA_API_DATABASE_URL: databases.apiUrl,
        NOVA_DATABASE_URL: databases.cells.cell0.url,
      }),
    );
  });

  it.each([
    ['answers.jsonl', 1742],
    ['migrations-answers.jsonl', 960],
  ])(
    "the service on Nova's own databases returns the recorded answers of a real Nova: %s",
    async (file, count) => {
      const cases = loadCases(file);
      const report = await replay(cases, {
        baseUrl: service.url,
        tokens: personaTokens,
        knownDifferences: KNOWN_DIFFERENCES,
      });
      printReport(report);
      expect([report.total, report.different]).toEqual([count, []]);
    },
  );
});
