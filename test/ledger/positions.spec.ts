import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { DataSource } from 'typeorm';
import type { Entry } from '../../src/ledger/record/entry.js';
import { append, entriesAfter, head } from '../../src/ledger/record/record.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { launchScript } from '../support/process/bundled-program.js';
import { until } from '../support/time/until.js';

const SCRIPT = new URL('../support/databases/appending-process.ts', import.meta.url).pathname;

/** A reader that polls the record for entries after the last one that it has read. */
class Reader {
  readonly entries: Entry[] = [];

  constructor(private readonly source: DataSource) {}

  /** Reads on until the number of entries of each of these processes has grown by `more`. */
  async read(names: readonly string[], more: number): Promise<void> {
    const from = this.entries.length;
    const isDone = (name: string): boolean =>
      this.entries.filter(({ serverUuid }, index) => index >= from && serverUuid === name).length >= more;
    await until(async () => {
      this.entries.push(...(await entriesAfter(this.source, this.entries.at(-1)?.position ?? 0, 1_000)));
      return names.every(isDone);
    }, `each of the processes ${names.join()} has appended ${more} entries`);
  }
}

describe.each(storeKinds)('the positions of the record on %s', (kind, create) => {
  let store: TestStore;
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  /** Starts a process that appends entries. @returns a function that kills it with SIGKILL */
  async function start(name: string): Promise<() => Promise<void>> {
    const child = await launchScript(SCRIPT, [store.url, name]);
    child.stderr.pipe(process.stderr);
    const ended = once(child, 'exit');
    return keep(async () => {
      child.kill('SIGKILL');
      await ended;
    });
  }

  it('a reader sees each position in order and without a hole while processes append, are killed and roll back', async () => {
    const names = kind === 'SQLite' ? ['a', 'b'] : ['a', 'b', 'c', 'd'];
    const kills = await Promise.all(names.map(start));
    const reader = new Reader(source);
    await reader.read(names, 30);
    const half = names.length / 2;
    await Promise.all(kills.slice(0, half).map((kill) => kill()));
    await reader.read(names.slice(half), 30);
    const restarted = await Promise.all(names.slice(0, half).map((name) => start(`${name} again`)));
    await reader.read([...names.slice(0, half).map((name) => `${name} again`), ...names.slice(half)], 30);
    await Promise.all([...restarted, ...kills].map((kill) => kill()));
    await source.transaction((manager) => append(manager, reader.entries.slice(0, 1)));
    await reader.read([], 0);
    const { entries } = reader;
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_entry, index) => index + 1));
    const times = entries.map(({ recordedAt }) => recordedAt);
    expect(times).toEqual(times.toSorted());
    expect((await head(source)).position).toBe(entries.length);
  });
});
