import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { renameSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { loadCases } from '../conformance/cases.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import type { TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { underLoad } from './support/load.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

/**
 * A policy that differs from the default policy: only users with the role `auditor` may list actions, and they may also
 * show an action. So a response that follows the default policy is detected.
 */
const POLICY =
  '"os_compute_api:os-instance-actions:show": "role:auditor or rule:project_reader_or_admin"\n' +
  '"os_compute_api:os-instance-actions:list": "role:auditor"\n';

let store: TestStore;
let service: FaultedService;
let path: string;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(
    await FaultedService.start(
      { DATABASE_URL: store.url, POLICY_FILE: 'policy.yaml', LOG_LEVEL: 'info' },
      [],
      {
        'policy.yaml': POLICY,
      },
    ),
  );
  path = `${service.workplace.folder}/policy.yaml`;
});

afterEach(() => {
  service.expectHealthy();
});

const INVALID_FILES: readonly (readonly [what: string, make: (place: string) => Promise<unknown>])[] = [
  ['a truncated policy file', (place) => writeFile(place, POLICY.slice(0, POLICY.length - 8))],
  ['a list', (place) => writeFile(place, '- "@"\n- "!"\n')],
  ['a single string', (place) => writeFile(place, 'TODO')],
  ['binary data', (place) => writeFile(place, Buffer.from([0xff, 0xfe, 0, 1, 2, 0xc3, 0x28]))],
  ['10 MB of binary data', (place) => writeFile(place, Buffer.alloc(10_000_000, 0xfe))],
  ['a folder', (place) => mkdir(place)],
  ['a link to itself', (place) => symlink(basename(path), place)],
];

/**
 * Moves the policy file to another path, and then moves the file with the suffix `.new` to its place. For a short time
 * no policy file exists. The service must not be affected.
 */
function replace(elsewhere: string): void {
  renameSync(path, elsewhere);
  renameSync(`${path}.new`, path);
}

/** Returns the number of log lines in which the service reports an invalid policy file. */
function rejections(): number {
  return service.process.output.match(/the previous rules stay in force/g)?.length ?? 0;
}

describe('a policy file', () => {
  it('replacing the policy file with an invalid file does not change the rules', async () => {
    const outcome = await underLoad(
      service.url,
      {
        begin: async () => {
          for (const [index, [, make]] of INVALID_FILES.entries()) {
            await make(`${path}.new`);
            replace(`${path}.${index}`);
            await until(() => rejections() > index, 'the service rejects the file');
          }
        },
        lasts: 0,
        end: async () => {
          await writeFile(`${path}.new`, POLICY);
          replace(`${path}.last`);
        },
      },
      { cases: loadCases('policies.jsonl').filter(({ policy }) => policy === POLICY) },
    );
    expect(outcome.right).toBe(outcome.asked);
    reportOutcome(`The policy file replaced by ${INVALID_FILES.length} kinds of invalid files`, outcome);
  });
});
