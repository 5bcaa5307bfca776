import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How large the young generation becomes, in bytes: its two halves together. */
const MAX_YOUNG_GENERATION_SIZE = 16 * 2 ** 20;

/** Flags of V8 that have an effect while it runs. */
const FLAGS = [
  // Nothing of a request lives long. Where V8 guesses that something does, each such object keeps its whole request
  // until the next full collection.
  '--no-allocation-site-pretenuring',
  // What a start leaves behind, and what is kept by mistake, is looked for when there is a fifth more.
  '--heap-growing-percent=20',
  // This compiler of newer Nodes takes up to 60 MiB for a moment, and the C library does not give all of it back. What it
  // has compiled is compiled again by the next compiler when it runs often.
  '--no-maglev',
];

/** Sets V8 to use little memory. Call it before anything large is loaded, and `growYoungGeneration` afterwards. */
export function saveMemory(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
  setGrowth(1);
}

/**
 * Lets the young generation grow to its limit. V8 itself would let it grow to 192 MiB in Node 24: it reads the limit
 * only when the process starts, but the factor by which to grow after each collection.
 */
export function growYoungGeneration(): void {
  const setGrowthBySize = (): void => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    // Half of it: Node 26 takes memory for a larger size only when it fills it, so until then the statistics show the old size.
    setGrowth((young?.space_size ?? 0) <= MAX_YOUNG_GENERATION_SIZE / 2 ? 2 : 1);
  };
  setGrowthBySize();
  new PerformanceObserver(setGrowthBySize).observe({ entryTypes: ['gc'] });
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
