import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { throttle } from '../../common/throttle.js';
import type { RecordedCell } from '../../database/cells/cells.js';
import type { NovaCells } from '../../database/cells/nova-cells.js';
import type { Database } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import { SettingsError } from '../../config/settings-error.js';
import { readStates } from '../../ledger/cells/cell-states.js';
import { RECORDER_TIMES, type RecorderTimes } from '../recorder-times.js';
import { registerCells } from '../start-checks.js';
import { CellRecorder } from './cell-recorder.js';
import { closeCell } from './close-cell.js';

interface RunningCell {
  readonly recorder: CellRecorder;
  /** The database of the cell. It is another object if the address of the cell has changed. */
  readonly database: Database;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Records all cells of Nova, also those that Nova gets later. */
export class Recorder {
  private readonly log = new Logger('Recorder');
  private readonly running = new Map<string, RunningCell>();
  private readonly stopping = new AbortController();
  /** The UUIDs of the cells that are not recorded, because another cell has the same database. */
  private readonly doubles = new Set<string>();
  private watching: Promise<void> | undefined;
  private readonly warn = throttle((_count: number, text: string) => {
    this.log.warn(text);
  }, 60_000);

  constructor(
    private readonly cells: Pick<NovaCells, 'list'>,
    private readonly store: Database,
    private readonly times: RecorderTimes = RECORDER_TIMES,
  ) {}

  /** Begins to record in the background. @throws SettingsError if the store contains the log of another Nova */
  async start(): Promise<void> {
    try {
      const pause = await this.updateOrWarn();
      this.watching = this.watch(pause);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Finishes the rounds in progress, and releases the leases. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    await Promise.all([...this.running.keys()].map((uuid) => this.end(uuid)));
  }

  private async watch(firstPause: number): Promise<void> {
    const { signal } = this.stopping;
    for (let pause = firstPause; ;) {
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      pause = await this.updateOrWarn().catch(this.warnAbout);
    }
  }

  /** Updates the list of cells. @returns the time until the next update, in milliseconds */
  private async updateOrWarn(): Promise<number> {
    try {
      await this.update(await this.cells.list(answerDeadline()));
      return this.times.cellsInterval;
    } catch (error) {
      if (error instanceof SettingsError) throw error;
      return this.warnAbout(error);
    }
  }

  /** Logs an error. @returns the time until the next update, in milliseconds */
  private readonly warnAbout = (error: unknown): number => {
    const reason = error instanceof Error ? (error.cause ?? error) : error;
    this.warn(`cannot update the list of cells: ${errorText(reason)}`);
    return Math.min(this.times.cellsInterval, this.times.leaseInterval);
  };

  /** Begins to record new cells, and closes the cells that Nova does not have any more. */
  private async update(listed: readonly RecordedCell[]): Promise<void> {
    const recorded = this.withoutDoubles(listed);
    for (const [uuid, { database }] of this.running) {
      if (recorded.find((cell) => cell.uuid === uuid)?.database !== database) await this.end(uuid);
    }
    const states = await this.store.read(answerDeadline(), readStates);
    const known = new Set(states.map(({ uuid }) => uuid));
    if (recorded.some(({ uuid }) => !known.has(uuid))) await registerCells(this.store, recorded);
    for (const cell of recorded) if (!this.running.has(cell.uuid)) this.begin(cell);
    const uuids = new Set(listed.map(({ uuid }) => uuid));
    for (const state of states) {
      if (state.number > 0 && state.state === 'open' && !uuids.has(state.uuid))
        await closeCell(this.store, state);
    }
  }

  private begin(cell: RecordedCell): void {
    const countHeld = (): number =>
      [...this.running.values()].filter(({ recorder }) => recorder.isHeld).length;
    const recorder = new CellRecorder(cell, this.store, this.times, countHeld);
    const stop = new AbortController();
    this.running.set(cell.uuid, {
      recorder,
      database: cell.database,
      stop,
      ended: recorder.run(stop.signal),
    });
  }

  private async end(uuid: string): Promise<void> {
    const cell = this.running.get(uuid);
    cell?.stop.abort();
    await cell?.ended;
    this.running.delete(uuid);
  }

  /** Removes each cell that has the same database as another cell, because its rows would be recorded twice. */
  private withoutDoubles(listed: readonly RecordedCell[]): RecordedCell[] {
    const byLocation = new Map<string, RecordedCell>();
    // A cell that is already recorded comes first.
    const isRunning = ({ uuid }: RecordedCell): boolean => this.running.has(uuid);
    for (const cell of [...listed.filter(isRunning), ...listed.filter((one) => !isRunning(one))]) {
      const other = byLocation.get(cell.location ?? cell.uuid);
      if (other === undefined) byLocation.set(cell.location ?? cell.uuid, cell);
      else if (!this.doubles.has(cell.uuid)) {
        this.doubles.add(cell.uuid);
        this.log.warn(
          `the cell ${cell.uuid} is not recorded, because the cell ${other.uuid} has the same database`,
        );
      }
    }
    return [...byLocation.values()];
  }
}
