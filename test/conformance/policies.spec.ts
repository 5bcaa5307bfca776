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

/** How long a changed file may take to count, with room for a busy machine, in milliseconds. */
const RE_READ_WITHIN = 60_000;

/** The cases by the text of the policy file that was in force. */
function byPolicy(): Map<string, ConformanceCase[]> {
  const groups = new Map<string, ConformanceCase[]>();
  for (const one of loadCases('policies.jsonl')) {
    const text = one.policy ?? '';
    groups.set(text, [...(groups.get(text) ?? []), one]);
  }
  return groups;
}

describe.each(storeKinds)('recorded answers under other policies, on %s', (kind, createStore) => {
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

  /** Asks until the answers are the recorded ones: the running service has to notice by itself that the file is new. */
  const replayOnceRead = async (cases: readonly ConformanceCase[]): Promise<ReplayReport> => {
    const end = Date.now() + RE_READ_WITHIN;
    for (;;) {
      const report = await replay(cases, { baseUrl: service.url, tokens: personaTokens });
      if (report.same === report.asked || Date.now() > end) return report;
      await sleep(100);
    }
  };

  it('recorded answers are given identically by one service whose policy file changes', async () => {
    const lines: string[] = [];
    const different: string[] = [];
    let same = 0;
    let asked = 0;
    for (const [text, cases] of byPolicy()) {
      // By turns as an editor saves it, and as a deployment puts a new file in the place of the old.
      if (lines.length % 2 === 0) {
        await writeFile(file, text);
      } else {
        await writeFile(`${file}.new`, text);
        await rename(`${file}.new`, file);
      }
      const at = Date.now();
      const report = await replayOnceRead(cases);
      same += report.same;
      asked += report.asked;
      different.push(...report.different.map((difference) => difference.text));
      const group = cases[0]?.group ?? '';
      lines.push(
        `${group.padEnd(28)} ${report.same} of ${report.asked}, ${Date.now() - at} ms after the change`,
      );
    }
    process.stdout.write(`policies on ${kind}\n${lines.join('\n')}\n${same} of ${asked}\n`);
    expect(different).toEqual([]);
    expect(asked).toBe(324);
  });
});
