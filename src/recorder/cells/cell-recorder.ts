import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { throttle } from '../../common/throttle.js';
import type { RecordedCell } from '../../database/cells/cells.js';
import { type Database, DatabaseUnavailable } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import { type HeldLease, LeaseLost } from '../../database/own-store/lease.js';
import type { RawTime } from '../../database/rows/time.js';
import { cellLease } from '../../ledger/cells/cell-lease.js';
import { type CellState, readStates } from '../../ledger/cells/cell-states.js';
import { StoreRecordWriter } from '../../ledger/writer/record-writer.js';
import { recorderEvents } from '../../ledger/cells/recorder-events.js';
import { CellContext } from '../cell-context.js';
import { Rounds } from '../follow/round.js';
import { Pace } from '../pace.js';
import { IdsReused } from '../changes/identities.js';
import { checkIds, rewind } from '../past/epochs.js';
import { beginOrResume } from '../past/begin-or-resume.js';
import { PastWork } from '../past/past-work.js';
import type { RecorderTimes } from '../recorder-times.js';
import { DatabaseCellReader } from '../source/database-cell-reader.js';
import type { CellReader } from '../source/cell-reader.js';
import { highestIds } from '../source/highest-ids.js';

/**
 * The error if the cell does not respond. The rounds then continue after a pause. After an error of the store, the
 * recording must start again.
 */
class CellUnreachable extends DatabaseUnavailable {}

/**
 * The additional time before a process tries to acquire a lease, for each cell that it already records, as a share of
 * `leaseInterval`. So the cells spread over all processes.
 */
const WAIT_PER_HELD_CELL = 1 / 15;

/** Records one cell whenever this process holds the lease of the cell. */
export class CellRecorder {
  private readonly log = new Logger('Recorder');
  private readonly name: string;
  private readonly warn = throttle((count: number, text: string) => {
    this.log.warn(count === 1 ? text : `${text} (${count} times)`);
  }, 60_000);

  /** @param countHeld returns the number of cells that this process records */
  constructor(
    private readonly cell: RecordedCell,
    private readonly store: Database,
    private readonly times: RecorderTimes,
    private readonly countHeld: () => number,
  ) {
    this.name = cell.name ?? cell.uuid;
  }

  /** True while this process holds the lease of the cell. */
  isHeld = false;

  /** The last reading before the last interruption that this process has recorded: see `beginOrResume`. */
  private reported: RawTime | null | undefined;

  /** Waits for the lease of the cell, and then records the cell, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const lease = cellLease(this.store, this.cell.uuid);
    const { leaseInterval } = this.times;
    // The metrics then show the cell even if no process records it.
    this.setHeld(false);
    for (let wait = 0; !signal.aborted; wait = leaseInterval) {
      await this.pause(wait + leaseInterval * WAIT_PER_HELD_CELL * this.countHeld(), signal);
      try {
        const held = (await lease.isFree()) ? await lease.acquire() : undefined;
        if (held !== undefined) await this.hold(held, signal);
      } catch (error) {
        this.warn(`cannot acquire the lease of the cell ${this.name}: ${errorText(error)}`);
      }
    }
  }

  private async hold(held: HeldLease, signal: AbortSignal): Promise<void> {
    this.setHeld(true);
    try {
      const pace = new Pace(this.times);
      while (!signal.aborted) {
        try {
          await this.record(held, pace, signal);
        } catch (error) {
          if (error instanceof LeaseLost) {
            this.log.warn(`another process now records the cell ${this.name}`);
            return;
          }
          const reason = error instanceof DatabaseUnavailable ? error.cause : error;
          this.warn(`the recording of the cell ${this.name} is interrupted: ${errorText(reason)}`);
          await this.pause(pace.afterFailure(), signal);
        }
      }
    } finally {
      this.setHeld(false);
      await held.release().catch(() => undefined);
    }
  }

  /**
   * Records the cell, starting from the state in the store. Returns if the recording must start again from a new state
   * in the store: after Nova has assigned ids again, or after an interruption.
   */
  private async record(held: HeldLease, pace: Pace, signal: AbortSignal): Promise<void> {
    const context = await this.createContext(held);
    if (await checkIds(context)) return;
    this.reported = await beginOrResume(context, this.reported);
    const rounds = await Rounds.of(context);
    const end = new AbortController();
    const either = AbortSignal.any([signal, end.signal]);
    const parts = [this.follow(context, rounds, pace, either), new PastWork(context).run(either)];
    const ended = parts.map(async (part) => {
      try {
        await part;
      } finally {
        end.abort();
      }
    });
    // Both parts must end before the next ones begin, because they write to the same rows.
    const outcomes = await Promise.allSettled(ended);
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    const failure = failures.find((reason) => !isAbort(reason));
    if (failure instanceof IdsReused) await checkIds(context, failure);
    else if (failure !== undefined) throw failure as Error;
  }

  private async createContext(held: HeldLease): Promise<CellContext> {
    const { cell, store, times } = this;
    const state = (await store.read(answerDeadline(), readStates)).find(({ uuid }) => uuid === cell.uuid);
    if (state === undefined) throw new Error(`the store has no state of the cell ${this.name}`);
    const { number } = state;
    const writer = new StoreRecordWriter(store, held, number);
    const reader = withCellErrors(new DatabaseCellReader(cell.database));
    const context = new CellContext({ cell: { ...cell, number }, reader, writer, store, times }, state);
    const now: Partial<CellState> = { name: cell.name, created_at: cell.created_at, holder: HOLDER };
    await context.exclusive(() => context.write({ entries: [], state: now }));
    return context;
  }

  /** Runs rounds until the signal is aborted, or until the recording must begin again. */
  private async follow(cell: CellContext, rounds: Rounds, pace: Pace, signal: AbortSignal): Promise<void> {
    let lastRead = performance.now();
    let latestStart = lastRead + this.usualDelay;
    let missingSince: number | undefined;
    while (!signal.aborted) {
      // While the store does not respond, the recorder must not read the cell.
      if (!this.store.isUp()) throw new DatabaseUnavailable(new Error('the store is down'));
      let pause: number;
      try {
        const round = await rounds.run(pace.limit, pace.nearIds, latestStart);
        const { readAt, spent, openActions } = round;
        recorderEvents.publish({
          type: 'read',
          cell: this.name,
          seconds: spent / 1_000,
          readAt,
          openActions,
        });
        lastRead = round.readUntil;
        missingSince = round.suspect.length === 0 ? undefined : (missingSince ?? lastRead);
        if (missingSince !== undefined && lastRead - missingSince >= this.times.rewindAfter) {
          await rewind(cell, await cell.reader.snapshot(highestIds));
          return;
        }
        pause = pace.after(round);
        latestStart = lastRead + pause + this.usualDelay;
      } catch (error) {
        if (!(error instanceof CellUnreachable)) throw error;
        if (performance.now() - lastRead > this.times.interruption) return;
        this.warn(`the cell ${this.name} cannot be read: ${errorText(error.cause)}`);
        pause = pace.afterFailure();
      }
      await this.pause(pause, signal);
    }
  }

  /** The usual delay of a round, in milliseconds: the round waits while the work on the past writes. */
  private get usualDelay(): number {
    return 4 * this.times.interval;
  }

  private setHeld(isHeld: boolean): void {
    this.isHeld = isHeld;
    recorderEvents.publish({ type: 'held', cell: this.name, isHeld });
  }

  /** Waits. Returns at once when the signal is aborted. */
  private async pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}

/** The name of this process in `record_cells`. */
const HOLDER = `${hostname()} ${process.pid}`;

/** Returns a reader that throws `CellUnreachable` if the cell does not respond. */
function withCellErrors(reader: CellReader): CellReader {
  return {
    async snapshot(work) {
      try {
        return await reader.snapshot(work);
      } catch (error) {
        throw error instanceof DatabaseUnavailable ? new CellUnreachable(error.cause) : error;
      }
    },
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
