import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import type { ActionList } from '../../src/action-log/action-list.js';
import type { ActionLogService, ReadPage } from '../../src/action-log/action-log.service.js';
import { ExportService } from '../../src/action-log/export.service.js';
import type { ExportedLine } from '../../src/action-log/export.view.js';
import {
  LargeReads,
  MAX_EXPORTS,
  MAX_EXPORTS_PER_CALLER,
  TooManyExports,
} from '../../src/action-log/large-reads.js';
import { ServiceUnavailable } from '../../src/nova/fault/faults.js';

const { signal } = new AbortController();

function listOf(name: string): ActionList {
  const cursorOf = ({ second }: { second: number }): string => String(second);
  return { query: {}, reader: { name, isInternal: false }, cursorOf } as unknown as ActionList;
}

/** Makes a service whose exports have three parts of two actions each. It adds each part that it reads to `reads`. */
function exporterOf(largeReads: LargeReads): { exporter: ExportService; reads: string[] } {
  const reads: string[] = [];
  const action = { createdAt: null, full: { copyId: 1 } };
  const read = async (list: ActionList, place: { second: number } | undefined): Promise<ReadPage> => {
    const second = (place?.second ?? 0) + 1;
    reads.push(`${list.reader.name} ${second}`);
    await setImmediate();
    const next = second === 3 ? undefined : { direction: 'next', second, id: 1 };
    return { actions: [action, action], cells: [], found: { next } } as unknown as ReadPage;
  };
  return { exporter: new ExportService({ read } as unknown as ActionLogService, largeReads), reads };
}

async function linesOf(lines: AsyncIterable<ExportedLine>): Promise<ExportedLine[]> {
  const all: ExportedLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

/** Occupies all slots. @returns a function that frees them */
function occupy(largeReads: LargeReads): () => void {
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  for (const name of ['first', 'second']) void largeReads.run(name, signal, () => freed);
  return free;
}

describe('large reads', () => {
  it('the callers get slots in turn, and the reads of one caller start in their order', async () => {
    const largeReads = new LargeReads();
    const free = occupy(largeReads);
    const started: string[] = [];
    const reads = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) =>
      largeReads.run(name.charAt(0), signal, async () => {
        started.push(name);
        await setImmediate();
      }),
    );
    await setImmediate();
    expect(started).toEqual([]);
    free();
    await Promise.all(reads);
    expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('two reads run at the same time, also after a failed read', async () => {
    const largeReads = new LargeReads();
    let running = 0;
    let most = 0;
    const reads = Array.from({ length: 9 }, (_value, index) =>
      largeReads.run(`caller ${index % 4}`, signal, async () => {
        running += 1;
        most = Math.max(most, running);
        await setImmediate();
        running -= 1;
        if (index % 2 === 0) throw new Error('failed');
      }),
    );
    const results = await Promise.allSettled(reads);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    expect(most).toBe(2);
  });

  it('a read that waits too long never starts, and later reads get the slots', async () => {
    const largeReads = new LargeReads();
    const free = occupy(largeReads);
    const abort = new AbortController();
    let hasStarted = false;
    const waiting = largeReads.run('a', abort.signal, () => {
      hasStarted = true;
      return Promise.resolve();
    });
    const later = largeReads.run('a', signal, () => Promise.resolve('read'));
    abort.abort();
    await expect(waiting).rejects.toThrow(ServiceUnavailable);
    await expect(
      largeReads.run('a', abort.signal, () => Promise.reject(new Error('started'))),
    ).rejects.toThrow(ServiceUnavailable);
    free();
    expect(await later).toBe('read');
    expect(hasStarted).toBe(false);
  });

  it('exports of several callers read their parts in turn', async () => {
    const largeReads = new LargeReads();
    const { exporter, reads } = exporterOf(largeReads);
    const free = occupy(largeReads);
    const exports = ['a', 'a', 'a', 'b'].map((name) => linesOf(exporter.lines(listOf(name), signal)));
    await setImmediate();
    free();
    for (const lines of await Promise.all(exports))
      expect([lines.length, lines.at(-1)]).toEqual([7, { end: true }]);
    expect(reads.slice(0, 2)).toEqual(['a 1', 'b 1']);
    // The one export of the caller `b` does not wait for the three of `a`.
    expect(reads.indexOf('b 3')).toBeLessThan(8);
    expect(reads).toHaveLength(12);
  });

  it('exports whose clients do not read keep no slot, and further exports are rejected until one ends', async () => {
    const largeReads = new LargeReads();
    const { exporter } = exporterOf(largeReads);
    const open = async (name: string): Promise<AsyncGenerator<ExportedLine>> => {
      const lines = exporter.lines(listOf(name), signal);
      expect((await lines.next()).done).toBe(false);
      return lines;
    };
    const slow: AsyncGenerator<ExportedLine>[] = [];
    for (let number = 0; number < MAX_EXPORTS; number += 1) {
      if (number === MAX_EXPORTS_PER_CALLER) await expect(open('caller 0')).rejects.toThrow(TooManyExports);
      slow.push(await open(`caller ${Math.floor(number / MAX_EXPORTS_PER_CALLER)}`));
    }
    await expect(open('other')).rejects.toThrow(ServiceUnavailable);
    expect(await largeReads.run('other', signal, () => Promise.resolve('read'))).toBe('read');
    await slow[0]?.return(undefined);
    await open('caller 0');
    await expect(open('other')).rejects.toThrow(ServiceUnavailable);
    await slow[1]?.return(undefined);
    await open('other');
  });

  it('an export that waits for its first part fails when it is aborted, and a later one ends with the next cursor', async () => {
    const largeReads = new LargeReads();
    const { exporter } = exporterOf(largeReads);
    const abort = new AbortController();
    const started = exporter.lines(listOf('a'), abort.signal);
    await started.next();
    await started.next();
    await setImmediate();
    const free = occupy(largeReads);
    const later = started.next();
    const waiting = exporter.lines(listOf('a'), abort.signal).next();
    abort.abort();
    await expect(waiting).rejects.toThrow(ServiceUnavailable);
    expect((await later).value).toEqual({ next: '1' });
    free();
  });
});
