import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadCases } from '../conformance/cases.js';
import { createSqlite, type TestStore } from '../support/stores.js';
import { until } from '../support/until.js';
import { underLoad } from './support/load.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { fillWithFixture } from './support/truth.js';

/** Other than the defaults in what each of the personas may do, so that an answer by the defaults is a wrong one. */
const POLICY =
  '"os_compute_api:os-instance-actions:show": "role:auditor or rule:project_reader_or_admin"\n' +
  '"os_compute_api:os-instance-actions:list": "role:auditor"\n';

/** Longer than it takes until a change has been looked at twice and read, in milliseconds. */
const SEEN_AFTER = 900;

let store: TestStore;
let service: FaultedService;
let path: string;

beforeAll(async () => {
  store = await createSqlite();
  await fillWithFixture(store.url);
  service = await FaultedService.start(
    { DATABASE_URL: store.url, POLICY_FILE: 'policy.yaml', LOG_LEVEL: 'info' },
    [],
    {
      'policy.yaml': POLICY,
    },
  );
  path = `${service.workplace.folder}/policy.yaml`;
});

afterAll(async () => {
  await service.remove();
  await store.remove();
});

afterEach(() => {
  service.expectSound();
});

const RUBBISH: readonly (readonly [what: string, make: (place: string) => Promise<unknown>])[] = [
  ['half of itself', (place) => writeFile(place, POLICY.slice(0, POLICY.length - 8))],
  ['a list', (place) => writeFile(place, '- "@"\n- "!"\n')],
  ['a text', (place) => writeFile(place, 'TODO')],
  ['bytes', (place) => writeFile(place, Buffer.from([0xff, 0xfe, 0, 1, 2, 0xc3, 0x28]))],
  ['10 MB of them', (place) => writeFile(place, Buffer.alloc(10_000_000, 0xfe))],
  ['a folder', (place) => mkdir(place)],
  ['a link to itself', (place) => symlink(place, place)],
];

describe('a policy file', () => {
  it('may be replaced by rubbish: the rules stay as they were', async () => {
    const outcome = await underLoad(
      service.url,
      {
        begin: async () => {
          for (const [, make] of RUBBISH) {
            await rm(path, { recursive: true });
            await make(path);
            await sleep(SEEN_AFTER);
          }
        },
        lasts: 0,
        end: async () => {
          await rm(path, { recursive: true });
          await writeFile(`${path}.new`, POLICY);
          await rename(`${path}.new`, path);
        },
      },
      { truth: loadCases('policies.jsonl').filter(({ policy }) => policy === POLICY) },
    );
    expect(outcome.right).toBe(outcome.asked);
    // Each was seen, and said to be none.
    const refused = /the rules stay as they were/g;
    await until(
      () => (service.process.output.match(refused)?.length ?? 0) >= RUBBISH.length,
      'all are refused',
    );
    reportOutcome(`The policy file replaced by rubbish of ${RUBBISH.length} kinds`, outcome);
  });
});
