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
import { endedAfterAll } from '../support/ended-after-all.js';

/** Other than the defaults in what each of the personas may do, so that an answer by the defaults is a wrong one. */
const POLICY =
  '"os_compute_api:os-instance-actions:show": "role:auditor or rule:project_reader_or_admin"\n' +
  '"os_compute_api:os-instance-actions:list": "role:auditor"\n';

let store: TestStore;
let service: FaultedService;
let path: string;

const keep = endedAfterAll();

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

const RUBBISH: readonly (readonly [what: string, make: (place: string) => Promise<unknown>])[] = [
  ['half of itself', (place) => writeFile(place, POLICY.slice(0, POLICY.length - 8))],
  ['a list', (place) => writeFile(place, '- "@"\n- "!"\n')],
  ['a text', (place) => writeFile(place, 'TODO')],
  ['bytes', (place) => writeFile(place, Buffer.from([0xff, 0xfe, 0, 1, 2, 0xc3, 0x28]))],
  ['10 MB of them', (place) => writeFile(place, Buffer.alloc(10_000_000, 0xfe))],
  ['a folder', (place) => mkdir(place)],
  ['a link to itself', (place) => symlink(basename(path), place)],
];

/** Puts the new file in the place of the old one, which goes elsewhere: without a moment in which the defaults would count. */
function replace(elsewhere: string): void {
  renameSync(path, elsewhere);
  renameSync(`${path}.new`, path);
}

/** How often it was said that the file is none. */
function refusals(): number {
  return service.process.output.match(/the rules stay as they were/g)?.length ?? 0;
}

describe('a policy file', () => {
  it('a policy file that is replaced by rubbish leaves the rules as they were', async () => {
    const outcome = await underLoad(
      service.url,
      {
        begin: async () => {
          for (const [index, [, make]] of RUBBISH.entries()) {
            await make(`${path}.new`);
            replace(`${path}.${index}`);
            await until(() => refusals() > index, 'it is refused');
          }
        },
        lasts: 0,
        end: async () => {
          await writeFile(`${path}.new`, POLICY);
          replace(`${path}.last`);
        },
      },
      { truth: loadCases('policies.jsonl').filter(({ policy }) => policy === POLICY) },
    );
    expect(outcome.right).toBe(outcome.asked);
    reportOutcome(`The policy file replaced by rubbish of ${RUBBISH.length} kinds`, outcome);
  });
});
