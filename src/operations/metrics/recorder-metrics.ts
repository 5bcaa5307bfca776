import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram } from 'prom-client';
import { isoTime, type RawTime } from '../../database/rows/time.js';
import { TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import type { NewEntry } from '../../ledger/record/entry.js';
import { type RecorderEvent, recorderEvents } from '../../ledger/cells/recorder-events.js';
import type { CellStateChange } from '../../ledger/writer/record-writer.js';
import { BUCKETS, MetricsRegistry, PREFIX } from './metric-parts.js';

/** Metrics of the recorder. Only the process that records a cell has the metrics of this cell, except `holds`. */
@Injectable()
export class RecorderMetrics {
  private readonly holds: Gauge;
  private readonly rounds: Histogram;
  private readonly entries: Counter;
  private readonly voidIds: Counter;
  private readonly pastRemaining: Gauge;
  private readonly openActions: Gauge;
  private readonly highIds: Gauge;
  private readonly epoch: Gauge;
  private readonly reconciled: Gauge;
  /** The start of the last reading, by the name of the cell, in milliseconds since 1970. */
  private readonly readAt = new Map<string, number>();

  constructor(registry: MetricsRegistry) {
    const ofCell = (name: string, help: string, ...more: string[]) => ({
      name: `${PREFIX}recorder_${name}`,
      help,
      labelNames: ['cell', ...more],
      registers: [registry],
    });
    this.holds = new Gauge(ofCell('holds', '1 if this process records the cell, else 0.'));
    this.rounds = new Histogram({
      ...ofCell('round_duration_seconds', 'Duration of a round: one reading of the cell, and the write.'),
      buckets: BUCKETS,
    });
    this.entries = new Counter(
      ofCell('entries_total', 'Entries that the recorder has added to the record.', 'kind'),
    );
    this.voidIds = new Counter(ofCell('void_ids_total', 'Ids without a row, in all gaps.'));
    this.pastRemaining = new Gauge(
      ofCell('past_remaining_ids', 'Older ids that the recorder has not copied yet.'),
    );
    this.openActions = new Gauge(ofCell('open_actions', 'Actions that are read again until they finish.'));
    this.highIds = new Gauge(
      ofCell('high_id', 'The highest id that the recorder has read, by table.', 'table'),
    );
    this.epoch = new Gauge(ofCell('epoch', 'The number of the epoch of the ids, from 0.'));
    this.reconciled = new Gauge(
      ofCell(
        'reconciled_timestamp_seconds',
        "The start of the last finished comparison of all rows with Nova's.",
      ),
    );
    const { readAt } = this;
    new Gauge({
      ...ofCell('lag_seconds', 'Time since the start of the last reading.'),
      collect() {
        this.reset();
        for (const [cell, time] of readAt) this.set({ cell }, (Date.now() - time) / 1_000);
      },
    });
  }

  /** Starts to update the metrics. @returns a function that stops the updates */
  listen(): () => void {
    const update = (event: RecorderEvent): void => {
      const { cell } = event;
      switch (event.type) {
        case 'held':
          this.holds.set({ cell }, Number(event.isHeld));
          if (!event.isHeld) this.forget(cell);
          break;
        case 'read':
          this.rounds.observe({ cell }, event.seconds);
          this.openActions.set({ cell }, event.openActions);
          if (event.readAt !== null) this.readAt.set(cell, secondsOf(event.readAt) * 1_000);
          break;
        case 'written':
          for (const entry of event.entries) this.count(cell, entry);
          if (event.state !== undefined) this.show(cell, event.state);
      }
    };
    recorderEvents.subscribe(update);
    return () => recorderEvents.unsubscribe(update);
  }

  private count(cell: string, entry: NewEntry): void {
    this.entries.inc({ cell, kind: entry.kind });
    if (entry.kind === 'gap') this.voidIds.inc({ cell }, entry.body.void_ids);
  }

  private show(cell: string, { past, high, epoch, reconciledAt }: CellStateChange): void {
    if (past !== undefined) this.pastRemaining.set({ cell }, past.total - past.done);
    for (const [table, id] of Object.entries(high ?? {})) this.highIds.set({ cell, table }, id as number);
    if (epoch !== undefined) this.epoch.set({ cell }, epoch);
    if (reconciledAt) this.reconciled.set({ cell }, secondsOf(reconciledAt));
  }

  /** Removes the values of a cell that another process records from now on. */
  private forget(cell: string): void {
    this.readAt.delete(cell);
    for (const gauge of [this.pastRemaining, this.openActions, this.epoch, this.reconciled])
      gauge.remove({ cell });
    for (const table of TABLE_NAMES) this.highIds.remove({ cell, table });
  }
}

/** Returns a time in seconds since 1970. */
function secondsOf(time: RawTime): number {
  return Date.parse(`${isoTime(time) ?? ''}Z`) / 1_000;
}
