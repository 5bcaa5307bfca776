import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { type ConformanceCase, loadCases } from './cases.js';
import { replay } from './replay.js';
import type { ReplayReport } from './report.js';
import { closeAfterAll } from '../support/close-after-all.js';

/**
 * The time within which the service must apply a changed policy file, in milliseconds. It includes a reserve for a busy
 * machine.
 */
const RELOAD_TIMEOUT = 60_000;

/** Groups the cases by the content of the policy file that Nova used for them. */
function byPolicy(): Map<string, ConformanceCase[]> {
  const groups = new Map<string, ConformanceCase[]>();
  for (const one of loadCases('policies.jsonl')) {
    const text = one.policy ?? '';
    groups.set(text, [...(groups.get(text) ?? []), one]);
  }
  return groups;
}

describe.each(storeKinds)('recorded answers under custom policies, on %s', (kind, createStore) => {
  let store: TestStore;
  let service: RunningService;
  let folder: string;
  let file: string;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createStore());
    await fillWithFixture(store.url);
    folder = await mkdtemp(join(tmpdir(), 'policies-'));
    keep(() => rm(folder, { recursive: true }));
    file = join(folder, 'policy.yaml');
    service = keep(await startService({ DATABASE_URL: store.url, POLICY_FILE: file }));
  });

  /**
   * Replays the cases until the responses equal the recorded answers. The service is not restarted, so it must itself
   * detect that the file has changed.
   */
  const replayUntilReloaded = async (cases: readonly ConformanceCase[]): Promise<ReplayReport> => {
    const end = Date.now() + RELOAD_TIMEOUT;
    for (;;) {
      const report = await replay(cases, { baseUrl: service.url, tokens: personaTokens });
      if (report.same === report.total || Date.now() > end) return report;
      await sleep(100);
    }
  };

  it('the service returns the recorded answers after each change of its policy file, without a restart', async () => {
    const lines: string[] = [];
    const different: string[] = [];
    let same = 0;
    let total = 0;
    for (const [text, cases] of byPolicy()) {
      // Half of the changes write into the existing file, as an editor does. The other half replace the file, as a
      // deployment does.
      if (lines.length % 2 === 0) {
        await writeFile(file, text);
      } else {
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      }
      const at = Date.now();
      const report = await replayUntilReloaded(cases);
      same += report.same;
      total += report.total;
      different.push(...report.different.map((difference) => difference.text));
      const group = cases[0]?.group ?? '';
      lines.push(
        `${group.padEnd(28)} ${report.same} of ${report.total}, ${Date.now() - at} ms after the change`,
      );
    }
    process.stdout.write(`policies on ${kind}\n${lines.join('\n')}\n${same} of ${total}\n`);
    expect(different).toEqual([]);
    expect(total).toBe(324);
  });
});
