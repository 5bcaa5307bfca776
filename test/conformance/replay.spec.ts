import { beforeAll, describe, expect, it } from '@jest/globals';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { createSqlite, storeKinds, type TestStore } from '../support/databases/stores.js';
import { loadCases, withoutLabel } from './cases.js';
import { KNOWN_DIFFERENCES } from './known-differences.js';
import { printReport, replay } from './replay.js';
import { closeAfterAll } from '../support/close-after-all.js';

describe.each(storeKinds)('recorded answers of a real Nova, on %s', (_kind, createStore) => {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createStore());
    await fillWithFixture(store.url);
    service = keep(await startService({ DATABASE_URL: store.url }));
  });

  it.each([
    ['answers.jsonl', 1742],
    ['migrations-answers.jsonl', 960],
  ])('the service returns the recorded answers of a real Nova: %s', async (file, count) => {
    const { cases, leftOut } = withoutLabel(loadCases(file), 'unmapped');
    const report = await replay(cases, {
      baseUrl: service.url,
      tokens: personaTokens,
      knownDifferences: KNOWN_DIFFERENCES,
    });
    printReport(report);
    process.stdout.write(`${leftOut} cases need more than one database and are skipped\n`);
    expect(report.different).toEqual([]);
    expect(cases.length + leftOut).toBe(count);
  });
});

describe('the example actions in a new SQLite database', () => {
  it('a new SQLite database with the example rows returns the recorded answers of the group "seed"', async () => {
    const store = await createSqlite();
    const service = await startService({ DATABASE_URL: store.url });
    try {
      const cases = loadCases('answers.jsonl').filter(({ group }) => group === 'seed');
      const report = await replay(cases, { baseUrl: service.url, tokens: personaTokens });
      expect([report.total, report.different]).toEqual([108, []]);
    } finally {
      await service.stop();
      await store.remove();
    }
  });
});
