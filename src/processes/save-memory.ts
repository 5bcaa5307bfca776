import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The maximum size of the young generation of V8, in bytes: both halves together. */
const MAX_YOUNG_GENERATION_SIZE = 16 * 2 ** 20;

/** The flags of V8. All of them also work when they are set at run time. */
const FLAGS = [
  // The objects of a request have a short life. If V8 wrongly puts one of them into the old generation at once, that
  // object keeps its whole request in memory until the next full collection.
  '--no-allocation-site-pretenuring',
  // A full collection runs when the heap has grown by 20 percent. This frees the garbage of the start sooner.
  '--heap-growing-percent=20',
  // Maglev, a compiler in newer versions of Node, temporarily uses up to 60 MiB, and the C library does not return all of
  // it to the system. Without it, the next compiler, TurboFan, still compiles frequently used code.
  '--no-maglev',
];

/** Makes V8 use less memory. Call it before loading the application, and `growYoungGeneration` after loading it. */
export function saveMemory(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
  setGrowth(1);
}

/**
 * Lets the young generation grow up to `MAX_YOUNG_GENERATION_SIZE`. By default V8 lets it grow to 192 MiB in Node 24, and
 * that limit cannot change at run time. The growth factor can: at the maximum size, this function sets it to 1.
 */
export function growYoungGeneration(): void {
  const setGrowthBySize = (): void => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    // The limit is half of the maximum, because Node 26 reports a larger size only after the space has filled up.
    setGrowth((young?.space_size ?? 0) <= MAX_YOUNG_GENERATION_SIZE / 2 ? 2 : 1);
  };
  setGrowthBySize();
  new PerformanceObserver(setGrowthBySize).observe({ entryTypes: ['gc'] });
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
