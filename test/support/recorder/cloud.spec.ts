import { beforeAll, describe, expect, it } from '@jest/globals';
import { Place } from '../../../src/ledger/record/entry.js';
import { closeAfterAll } from '../close-after-all.js';
import { mariaDb } from '../databases/mariadb.js';
import { seededRandom } from '../random.js';
import { Cloud } from './cloud.js';
import { Population } from './population.js';
import { type History, TABLES } from './truth.js';

const keep = closeAfterAll();

let cloud: Cloud;
let population: Population;

beforeAll(async () => {
  const random = seededRandom('the simulated cloud');
  cloud = keep(await Cloud.create(keep(await mariaDb()), random));
  population = new Population(random, cloud.cells);
});

async function expectTruth(): Promise<void> {
  for (const cell of cloud.cells) {
    for (const table of TABLES) {
      for (const isShadow of [false, true]) {
        const truth = cell.truth.rows(table, isShadow);
        const columns = Object.keys(truth[0] ?? {});
        const stored = await cell.stored(table, isShadow);
        expect(stored.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])))).toEqual(
          truth,
        );
      }
    }
  }
}

const histories = (): readonly History[] => cloud.cells.flatMap(({ truth }) => truth.histories);
const lastPlaces = (): Set<Place | undefined> =>
  new Set(histories().map(({ versions }) => versions.at(-1)?.place));

describe('the simulated cloud', () => {
  it('the expected rows of the simulated cloud equal its databases after changes of servers, archive, purge and a restored backup', async () => {
    await population.past(300);
    await expectTruth();
    const [cell, other] = cloud.cells;
    if (cell === undefined || other === undefined) throw new Error('the cloud has no cell');
    await population.live({ actions: 600, perSecond: 1_000, late: 50 });
    const backup = cell.backup();
    await population.archive();
    await expectTruth();
    await population.live({ actions: 900, perSecond: 1_000, late: 50 });
    await cell.purge();
    await expectTruth();
    await population.restore(cell, backup);
    await expectTruth();
    await population.live({ actions: 1_200, perSecond: 1_000, late: 50 });
    await population.archive();
    await other.purge();
    await expectTruth();
    expect(lastPlaces()).toEqual(new Set([Place.main, Place.shadow, Place.purged, Place.removed]));
  });
});
