import { expect, it } from '@jest/globals';
import type { ActionList } from './action-list.js';
import type { ActionLogService, ReadPage } from './action-log.service.js';
import { ExportService } from './export.service.js';
import { LargeReads } from './large-reads.js';

it('an export that finds no actions ends with the next cursor when it is aborted', async () => {
  const abort = new AbortController();
  let pages = 0;
  const read = (): Promise<ReadPage> => {
    pages += 1;
    if (pages === 3) abort.abort();
    const next = pages === 5 ? undefined : { direction: 'next', second: 100 - pages, id: 1 };
    return Promise.resolve({ actions: [], cells: [], found: { next } } as unknown as ReadPage);
  };
  const list = {
    query: {},
    reader: { name: 'p', isInternal: false },
    cursorOf: ({ second }: { second: number }) => String(second),
  };
  const exporter = new ExportService({ read } as unknown as ActionLogService, new LargeReads());
  const lines: unknown[] = [];
  for await (const line of exporter.lines(list as unknown as ActionList, abort.signal)) lines.push(line);
  expect(lines).toEqual([{ next: '97' }]);
});
