import { afterEach, describe, expect, it } from '@jest/globals';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { Place } from '../../src/ledger/record/entry.js';
import { rebuildCopy, type RebuildResult } from '../../src/ledger/rebuild/rebuild.js';
import { RECORDER_TIMES } from '../../src/recorder/recorder-times.js';
import { type MariaDbServer, mariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, TABLES } from '../support/databases/own-store.js';
import { Random, testSeed } from '../support/random.js';
import { Cloud, type CloudCell } from '../support/recorder/cloud.js';
import {
  type CellOfTruth,
  copyProblems,
  entryProblems,
  orderProblems,
  requiredCount,
} from '../support/recorder/comparison.js';
import { Killer } from '../support/recorder/killer.js';
import { Population } from '../support/recorder/population.js';
import { readRecord, type StoredRecord } from '../support/recorder/stored-record.js';
import { Watcher } from '../support/recorder/watcher.js';
import { until } from '../support/time/until.js';

/** The recorder's times are divided by this number, and so is the time that a late transaction stays open. */
const DIVISOR = 10;
const LATE = 60_000 / DIVISOR;
/**
 * After a change, each round compares an action for 60 s. The time here is shorter: a recorder that starts decides by
 * Nova's times, and these may be 34 s old when Nova writes them.
 */
const WATCH_TIME = 600_000 / DIVISOR - 40_000;
/** The number of actions. `npm run soak` sets MODEL_ACTIONS to 20,000. */
const ACTIONS = Number(process.env.MODEL_ACTIONS ?? 6_000);
/** The actions that Nova has before the first recorder starts. */
const PAST = 0.6 * ACTIONS;
const PER_SECOND = 300;
/** The test waits for conditions, so a slow machine needs a long time. */
const TIMEOUT = 1_800_000;

/** The seeds of the random changes. `npm run soak` sets SOAK_SEEDS, the number of seeds. */
const FIRST_SEED = testSeed('lives of servers');
const SEEDS = Array.from({ length: Number(process.env.SOAK_SEEDS ?? 1) }, (_, index) => FIRST_SEED + index);

/** A simulated Nova whose servers change, and two recorders that the test kills again and again. */
class Model {
  private constructor(
    readonly cloud: Cloud,
    readonly population: Population,
    readonly killer: Killer,
    readonly watcher: Watcher,
    readonly storeUrl: string,
  ) {}

  static async create(seed: number): Promise<Model> {
    const random = new Random(seed);
    const nova: MariaDbServer = await mariaDb();
    closers.push(() => nova.stop());
    const cloud = await Cloud.create(nova, random);
    closers.push(() => cloud.remove());
    const store = await privateMariaDb();
    closers.push(() => store.stop());
    const storeUrl = await store.createDatabase('record');
    await migrateOwnStore(storeUrl);
    const killer = await Killer.create(cloud.databases.apiUrl, store, storeUrl, DIVISOR, random);
    closers.push(() => killer.stop());
    const watcher = new Watcher(storeUrl);
    closers.push(() => watcher.stop());
    return new Model(cloud, new Population(random, cloud.cells), killer, watcher, storeUrl);
  }

  cell(index: number): CloudCell {
    const found = this.cloud.cells[index];
    if (found === undefined) throw new Error(`the cloud has no cell ${index}`);
    return found;
  }

  liveUntil(share: number): Promise<void> {
    const actions = PAST + (ACTIONS - PAST) * share;
    return this.population.live({ actions, perSecond: PER_SECOND, late: LATE });
  }

  truth(): CellOfTruth[] {
    return this.cloud.cells.map(({ uuid, truth: { histories } }) => {
      const sightings = this.watcher.sightings.get(uuid) ?? [];
      return { uuid, histories, sightings, watchTime: WATCH_TIME };
    });
  }

  /** Waits until the recorder has read the current rows of a cell. */
  async seen({ uuid }: CloudCell): Promise<void> {
    const since = Date.now();
    await until(() => this.watcher.hasSeen([uuid], since), 'the recorder has read the cell', TIMEOUT / 4);
  }

  /**
   * Waits until the recorder has compared each cell twice with its copy, has no range of ids left to copy, and has
   * reported a gap.
   *
   * @param lost the ids of actions of the first cell that the gap must cover
   */
  async reconciled(lost: readonly number[]): Promise<void> {
    const { cells } = this.cloud;
    const uuids = cells.map(({ uuid }) => uuid);
    for (let times = 0; times < 2; times += 1) {
      const since = Date.now();
      await until(
        async () =>
          this.watcher.hasSeen(uuids, since) && (await this.watcher.reconciledSince(since)) === cells.length,
        'the recorder has compared all cells with the copy',
        TIMEOUT / 4,
      );
    }
    const { uuid } = this.cell(0);
    await until(
      async () => (await this.watcher.idsWithoutGap(uuid, lost)).length === 0,
      'a gap covers the rows that were purged while no recorder was running',
      TIMEOUT / 4,
    );
  }

  /** Compares the copy with the record. */
  async check(): Promise<RebuildResult> {
    const store = await OwnStore.open({ DATABASE_URL: this.storeUrl, MIGRATE_ON_START: false }, TABLES);
    try {
      return await rebuildCopy(store.database, { checkOnly: true });
    } finally {
      await store.close();
    }
  }
}

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Returns the ids, of `ids`, that no entry about an interruption contains. */
function notResumed(record: StoredRecord, ids: readonly number[], uuid: string): number[] {
  const ranges = record.entries.flatMap((entry) =>
    entry.cellUuid === uuid && entry.kind === 'cell'
      ? [[entry.body.from_id ?? Infinity, entry.body.to_id ?? -Infinity] as const]
      : [],
  );
  return ids.filter((id) => !ranges.some(([from, to]) => from <= id && id <= to));
}

/** Returns the number of actions in Nova's main tables. */
function currentCount(cells: readonly CellOfTruth[]): number {
  const actions = cells.flatMap(({ histories }) =>
    histories.filter(({ table }) => table === 'instance_actions'),
  );
  return actions.filter(({ versions }) => versions.at(-1)?.place === Place.main).length;
}

describe('two recorders that are killed again and again', () => {
  it.each(SEEDS)(
    'copy all rows that Nova has committed, and record each version that a round has read, with the seed %d',
    async (seed) => {
      const model = await Model.create(seed);
      const { population, killer } = model;
      await population.past(PAST);
      killer.start();
      await model.liveUntil(0.15);
      const backup = model.cell(1).backup();
      await population.archive();
      await model.liveUntil(0.3);
      await model.cell(2).relay.refuse();
      await model.liveUntil(0.4);
      await model.cell(2).relay.resume();
      await model.cell(0).purge();
      await model.liveUntil(0.55);
      // The recorder must have copied rows whose ids Nova will assign again.
      await killer.stopKilling();
      await model.seen(model.cell(1));
      killer.start();
      await population.restore(model.cell(1), backup);
      await model.liveUntil(0.7);
      await population.archive();

      // Rows that are written, archived and purged while all recorders are stopped.
      await killer.stop();
      const stopped = Date.now();
      const lost = await population.burst(model.cell(0), 40);
      await model.cell(0).purge();
      await until(
        () => Date.now() > stopped + RECORDER_TIMES.interruption,
        'the interruption is long enough for an entry',
      );
      killer.start();

      await model.liveUntil(0.9);
      await model.cell(2).purge();
      await model.liveUntil(1);
      await population.archive();
      await killer.stopKilling();
      await model.reconciled(lost).catch((error: unknown) => {
        throw new Error(killer.output, { cause: error });
      });
      await model.watcher.stop();

      const [record, truth] = [await readRecord(model.storeUrl), model.truth()];
      const required = requiredCount(truth);
      const { actions } = population;
      const numbers = { actions, entries: record.entries.length, required, ...killer.kills };
      process.stdout.write(`${JSON.stringify(numbers)}\n`);
      expect(actions).toBeGreaterThanOrEqual(ACTIONS);
      expect(orderProblems(record).slice(0, 20)).toEqual([]);
      expect(copyProblems(truth, record).slice(0, 20)).toEqual([]);
      expect(entryProblems(truth, record).slice(0, 20)).toEqual([]);
      // The last version of each action that Nova still has is among them.
      expect(required).toBeGreaterThanOrEqual(currentCount(truth));
      const { uuid } = model.cell(0);
      expect(notResumed(record, lost, uuid)).toEqual([]);
      const restored = record.entries.filter(({ kind }) => kind === 'epoch');
      expect(new Set(restored.map(({ cellUuid }) => cellUuid))).toEqual(new Set([model.cell(1).uuid]));
      expect(await model.check()).toMatchObject({ differentRows: 0, missing: [], examples: [] });
    },
    TIMEOUT,
  );
});
