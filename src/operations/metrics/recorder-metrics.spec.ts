import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { currentTime } from '../../database/rows/time.js';
import type { NewEntry } from '../../ledger/record/entry.js';
import { recorderEvents } from '../../ledger/cells/recorder-events.js';
import { MetricsRegistry } from './metric-parts.js';
import { RecorderMetrics } from './recorder-metrics.js';

const about = { cell: 1, epoch: 0, novaId: null, serverUuid: null, projectId: null, previous: null };
const times = { from_time: null, to_time: null };
const GAP: NewEntry = {
  ...about,
  kind: 'gap',
  body: { from_id: 1, to_id: 9, void_ids: 4, ...times, grade: 'certain' },
};

describe('RecorderMetrics', () => {
  let registry: MetricsRegistry;
  let stop: () => void;

  beforeEach(() => {
    registry = new MetricsRegistry();
    stop = new RecorderMetrics(registry).listen();
  });

  afterEach(() => {
    stop();
  });

  /** Returns the values of all metrics of the recorder, without the buckets of histograms. */
  async function values(): Promise<Record<string, number>> {
    const lines = [...(await registry.metrics()).matchAll(/^nova_action_log_recorder_(\S+) (\S+)$/gm)];
    return Object.fromEntries(
      lines
        .filter(([, name = '']) => !name.includes('bucket'))
        .map(([, name = '', value]): [string, number] => [name, Number(value)]),
    );
  }

  it('the metrics of the recorder show what a cell has, and its entries by kind', async () => {
    recorderEvents.publish({ type: 'held', cell: 'cell1', isHeld: true });
    recorderEvents.publish({
      type: 'read',
      cell: 'cell1',
      seconds: 0.5,
      readAt: currentTime(),
      openActions: 3,
    });
    const state = {
      past: { total: 10, done: 4 },
      high: { actions: 7, events: 8, servers: 9 },
      epoch: 1,
      reconciledAt: '2026-11-01 10:00:00.500000',
    };
    recorderEvents.publish({ type: 'written', cell: 'cell1', entries: [GAP, GAP], state });
    expect(await values()).toEqual({
      'holds{cell="cell1"}': 1,
      'round_duration_seconds_sum{cell="cell1"}': 0.5,
      'round_duration_seconds_count{cell="cell1"}': 1,
      'entries_total{cell="cell1",kind="gap"}': 2,
      'void_ids_total{cell="cell1"}': 8,
      'past_remaining_ids{cell="cell1"}': 6,
      'open_actions{cell="cell1"}': 3,
      'high_id{cell="cell1",table="actions"}': 7,
      'high_id{cell="cell1",table="events"}': 8,
      'high_id{cell="cell1",table="servers"}': 9,
      'epoch{cell="cell1"}': 1,
      'reconciled_timestamp_seconds{cell="cell1"}': Date.parse('2026-11-01T10:00:00.500Z') / 1_000,
      'lag_seconds{cell="cell1"}': expect.any(Number),
    });
    expect((await values())['lag_seconds{cell="cell1"}']).toBeGreaterThanOrEqual(0);
    expect((await values())['lag_seconds{cell="cell1"}']).toBeLessThan(60);
  });

  it('the lag is the age of the last reading', async () => {
    const readAt = new Date(Date.now() - 3_600_000).toISOString().replace('T', ' ').replace('Z', '000');
    recorderEvents.publish({ type: 'read', cell: 'cell1', seconds: 0.1, readAt, openActions: 0 });
    expect((await values())['lag_seconds{cell="cell1"}']).toBeGreaterThanOrEqual(3_600);
  });

  it('a process that no longer records a cell shows only the counters of the cell', async () => {
    recorderEvents.publish({ type: 'held', cell: 'cell1', isHeld: true });
    recorderEvents.publish({
      type: 'read',
      cell: 'cell1',
      seconds: 0.5,
      readAt: currentTime(),
      openActions: 3,
    });
    recorderEvents.publish({ type: 'written', cell: 'cell1', entries: [GAP], state: { epoch: 1 } });
    recorderEvents.publish({ type: 'held', cell: 'cell1', isHeld: false });
    expect(await values()).toEqual({
      'holds{cell="cell1"}': 0,
      'round_duration_seconds_sum{cell="cell1"}': 0.5,
      'round_duration_seconds_count{cell="cell1"}': 1,
      'entries_total{cell="cell1",kind="gap"}': 1,
      'void_ids_total{cell="cell1"}': 4,
    });
  });
});
