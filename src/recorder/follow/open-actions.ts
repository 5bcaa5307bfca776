import type { ActionBody } from '../../ledger/record/entry.js';
import type { RecorderTimes } from '../recorder-times.js';

/** The state of an action: `empty` if it has no event yet. Some actions never get an event. */
export type Progress = 'open' | 'empty' | 'finished';

/** Returns the state of an action. An event that never ends keeps its action open. */
export function progressOf({ action, events }: Pick<ActionBody, 'action' | 'events'>): Progress {
  if (events.length === 0) return action.finish_time === null ? 'empty' : 'finished';
  return events.some(({ finish_time }) => finish_time === null) ? 'open' : 'finished';
}

interface OpenAction {
  /** The time at which the recorder last saw a change of the action, on the clock of `performance.now()`. */
  readonly changedAt: number;
  readonly readAt: number;
  readonly progress: Progress;
}

/** The changes of `record_open` since the last write. */
export interface OpenChanges {
  readonly added: readonly { readonly id: number; readonly changedAt: number }[];
  readonly removed: readonly number[];
}

/**
 * The actions that may still change. The recorder reads each of them again. The interval grows with the time since the
 * last change of the action.
 */
export class OpenActions {
  private readonly actions = new Map<number, OpenAction>();
  /** The rows of `record_open`: the ids of old actions, with the times of their last changes. */
  private readonly stored = new Map<number, number>();

  constructor(private readonly times: RecorderTimes) {}

  get size(): number {
    return this.actions.size;
  }

  /** Adds an action from `record_open`. */
  restore(id: number, changedAt: number): void {
    this.stored.set(id, changedAt);
    this.actions.set(id, { changedAt, readAt: -Infinity, progress: 'open' });
  }

  has(id: number): boolean {
    return this.actions.has(id);
  }

  /**
   * Notes that the recorder has read an action.
   *
   * @param changedAt the time of the last change of an action that the recorder has not followed so far
   */
  seen(id: number, progress: Progress, hasChanged: boolean, now: number, changedAt: number): void {
    if (progress === 'finished') this.actions.delete(id);
    else {
      const known = hasChanged ? now : (this.actions.get(id)?.changedAt ?? changedAt);
      this.actions.set(id, { changedAt: known, readAt: now, progress });
    }
  }

  /** Removes an action that Nova does not have any more. */
  forget(id: number): void {
    this.actions.delete(id);
  }

  /** Returns the ids of the actions that must be read now, those with the oldest reading first. */
  due(now: number, limit: number): number[] {
    const due: { readonly id: number; readonly readAt: number }[] = [];
    for (const [id, { changedAt, readAt, progress }] of this.actions) {
      const pause = this.pauseAt(now - changedAt, progress);
      if (pause === undefined) this.actions.delete(id);
      else if (now - readAt >= pause) due.push({ id, readAt });
    }
    if (due.length > limit) due.sort((one, other) => one.readAt - other.readAt);
    return due.slice(0, limit).map(({ id }) => id);
  }

  /**
   * Returns the changes of `record_open`. The table has the open actions up to `settled`: after a restart, the recorder
   * compares all rows above it.
   */
  changes(settled: number): OpenChanges {
    const added = [...this.actions]
      .filter(([id, { changedAt }]) => id <= settled && this.stored.get(id) !== changedAt)
      .map(([id, { changedAt }]) => ({ id, changedAt }));
    return { added, removed: [...this.stored.keys()].filter((id) => !this.actions.has(id)) };
  }

  /** Notes that the store has the changes. */
  confirm({ added, removed }: OpenChanges): void {
    for (const { id, changedAt } of added) this.stored.set(id, changedAt);
    for (const id of removed) this.stored.delete(id);
  }

  /** Returns the time between two readings of an action, undefined if the recorder does not read it again. */
  private pauseAt(age: number, progress: Progress): number | undefined {
    const { farAge, farInterval } = this.times;
    if (age < farAge) return 0;
    // With the default `farAge` of ten minutes, the following limits are an hour, a day and 30 days.
    if (age < 6 * farAge) return 2 * farInterval;
    if (progress === 'empty') return undefined;
    if (age < 144 * farAge) return 2 * farInterval;
    return age < 30 * 144 * farAge ? 6 * farAge : undefined;
  }
}
