import { expect } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OwnStore } from '../../../src/database/own-store/own-store.js';
import { rebuildCopy } from '../../../src/ledger/rebuild/rebuild.js';
import type { MariaDbServer } from '../../support/databases/mariadb.js';
import { ownStore, TABLES } from '../../support/databases/own-store.js';
import { Relay } from '../../support/http/relay.js';
import { type LaunchOptions, launchScript } from '../../support/process/bundled-program.js';
import { seededRandom } from '../../support/random.js';
import { Cloud, type CloudCell } from '../../support/recorder/cloud.js';
import {
  type CellOfTruth,
  copyProblems,
  doubledEntries,
  entryProblems,
  orderProblems,
} from '../../support/recorder/comparison.js';
import { Population } from '../../support/recorder/population.js';
import { readRecord, type StoredRecord } from '../../support/recorder/stored-record.js';
import { until } from '../../support/time/until.js';
import { faultsIn, keepRow, PAGE } from './rows.js';

const RECORDING = join(import.meta.dirname, '..', '..', 'support', 'recorder', 'recording-process.ts');
/** The recorder's times are divided by this number. */
const DIVISOR = 10;
/** The DATABASE_TIMEOUT of the recorders, in milliseconds. */
const DATABASE_TIMEOUT = 4_000;
/** The actions that Nova has before the first test, and those that it begins during each test. */
const PAST = 300;
const ACTIONS = 400;
const PER_SECOND = 200;
/** The longest time that a transaction of Nova stays open, in milliseconds. */
const LATE = 300;

/** The pause before each comparison of the copy with Nova, in milliseconds. */
const COMPARISON_PAUSE = 200;
/** The longest time until the copy is complete, in milliseconds. On a busy machine, the cells respond slowly. */
const LONGEST_MS = 300_000;

/** A failure while Nova writes and recorders copy. */
export interface Interruption {
  begin(): unknown;
  end(): unknown;
}

/** A recorder in its own process. */
export class RecorderProcess {
  private text = '';

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.text += text));
  }

  /** The text of the standard output and error. */
  get output(): string {
    return this.text;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Sends SIGKILL to the process, and waits until it has exited. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.child, 'exit');
    this.signal('SIGKILL');
    await exited;
  }
}

/** The databases of a Nova to which simulated servers write, and recorders that copy them. */
export class RecordedCloud {
  private readonly recorders: RecorderProcess[] = [];

  private constructor(
    private readonly cloud: Cloud,
    private readonly population: Population,
    /** The relay between the recorders and Nova's API database. */
    readonly api: Relay,
  ) {}

  static async create(server: MariaDbServer, seed: string): Promise<RecordedCloud> {
    const random = seededRandom(seed);
    const cloud = await Cloud.create(server, random);
    const population = new Population(random, cloud.cells);
    await population.past(PAST);
    return new RecordedCloud(cloud, population, await Relay.to(Number(new URL(server.url('')).port)));
  }

  /** The URL of Nova's API database, through the relay. */
  get apiUrl(): string {
    return this.cloud.databases.apiUrl.replace(`:${this.api.target}/`, `:${this.api.port}/`);
  }

  /** Returns a cell, to which the recorders connect through a relay. */
  cell(index: number): CloudCell {
    const cell = this.cloud.cells[index];
    if (cell === undefined) throw new Error(`the cloud has no cell ${index}`);
    return cell;
  }

  /** Starts a recorder that writes to a store. Waits until the recorder has opened the store: it exits if it cannot. */
  async record(storeUrl: string, options: LaunchOptions = {}): Promise<RecorderProcess> {
    const words = [this.apiUrl, storeUrl, String(DIVISOR), String(DATABASE_TIMEOUT)];
    const recorder = new RecorderProcess(await launchScript(RECORDING, words, options));
    this.recorders.push(recorder);
    await until(
      () => recorder.output.includes('records\n') || !recorder.isRunning,
      'the recorder has started',
    );
    if (!recorder.isRunning) throw new Error(`the recorder has exited: ${recorder.output}`);
    return recorder;
  }

  /**
   * Lets Nova write while a failure begins and ends. Waits until the copy has all rows of Nova, stops the recorders, and
   * checks the record. Stores the result for the table in docs/reliability.md.
   */
  async interrupted(fault: string, storeUrl: string, interruption: Interruption): Promise<void> {
    await this.untilComplete(storeUrl);
    await this.live(0.25);
    await interruption.begin();
    await this.live(0.5);
    await interruption.end();
    await this.live(0.25);
    const since = performance.now();
    const record = await this.untilComplete(storeUrl);
    const complete = performance.now() - since;
    await this.stopRecorders();
    await this.expectWhole(storeUrl);
    const row = {
      ...{ fault, rows: record.actions.length + record.servers.length, entries: record.entries.length },
      ...{ missing: 0, doubled: doubledEntries(record).length, complete },
    };
    process.stdout.write(`${JSON.stringify(row)}\n`);
    keepRow(row);
    // If this check fails, run `npm run reliability`, which adds the missing row.
    expect(faultsIn(readFileSync(PAGE, 'utf8'))).toContain(fault);
  }

  /** Lets Nova write a share of the actions of a test. */
  live(share: number): Promise<void> {
    const actions = this.population.actions + ACTIONS * share;
    return this.population.live({ actions, perSecond: PER_SECOND, late: LATE });
  }

  /** Waits until the copy has all rows of some cells, by default of all. */
  async untilComplete(storeUrl: string, cells = this.cloud.cells): Promise<StoredRecord> {
    let record: StoredRecord | undefined;
    let problems: string[] = ['the store was not read'];
    const isComplete = async (): Promise<boolean> => {
      // A comparison without a pause would take the processor from the recorders.
      await sleep(COMPARISON_PAUSE);
      if (!this.recorders.some(({ isRunning }) => isRunning)) throw new Error('no recorder is running');
      try {
        record = await readRecord(storeUrl);
        problems = copyProblems(truthOf(cells), record);
      } catch (error) {
        problems = [String(error)];
      }
      return problems.length === 0;
    };
    await until(isComplete, 'the copy has all rows of the cells', LONGEST_MS).catch((error: unknown) => {
      const output = this.recorders.map((recorder) => recorder.output.slice(-2_000)).join('\n---\n');
      throw new Error(`${problems.slice(0, 10).join('\n')}\n${output}`, { cause: error });
    });
    if (record === undefined) throw new Error('the store was not read');
    return record;
  }

  /** Checks the order of the record, that it has no wrong or doubled entries, and that the copy follows from it. */
  async expectWhole(storeUrl: string): Promise<void> {
    const record = await readRecord(storeUrl);
    expect(orderProblems(record)).toEqual([]);
    expect(entryProblems(truthOf(this.cloud.cells), record)).toEqual([]);
    expect(doubledEntries(record)).toEqual([]);
    const unreadable = record.entries.filter(({ kind }) => kind === 'unreadable');
    expect(unreadable).toEqual([]);
    const { database } = await OwnStore.open({ DATABASE_URL: storeUrl, MIGRATE_ON_START: false }, TABLES);
    try {
      const result = await rebuildCopy(database, { checkOnly: true });
      expect(result).toMatchObject({ differentRows: 0, missing: [], examples: [] });
    } finally {
      await database.close();
    }
  }

  async stopRecorders(): Promise<void> {
    for (const recorder of this.recorders.splice(0)) {
      recorder.signal('SIGCONT');
      await recorder.kill();
    }
  }

  async stop(): Promise<void> {
    await this.stopRecorders();
    this.api.close();
    await this.cloud.remove();
  }
}

function truthOf(cells: readonly CloudCell[]): CellOfTruth[] {
  return cells.map(({ uuid, truth: { histories } }) => ({ uuid, histories, sightings: [], watchTime: 0 }));
}

/** Makes all leases expire, as they would some seconds after their holder was killed. */
export async function expireLeases(storeUrl: string): Promise<void> {
  const source = await ownStore(storeUrl).initialize();
  await source.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");
  await source.destroy();
}

/** Returns the names of the leases of cells that recorders hold. */
export async function heldLeases(storeUrl: string): Promise<string[]> {
  const source = await ownStore(storeUrl).initialize();
  const held = await source.query<{ name: string }[]>(
    "SELECT name FROM nova_action_log_leases WHERE name LIKE 'record:%' AND held_until > '2001-01-01' ORDER BY name",
  );
  await source.destroy();
  return held.map(({ name }) => name);
}
