import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The maximum size of the young generation of V8's heap, in bytes. It is the size of its two halves together. */
const MAX_YOUNG_GENERATION_SIZE = 16 * 2 ** 20;

/** The flags of V8 that save memory. V8 accepts all of them at run time, too. */
const FLAGS = [
  // Turns pretenuring off, by which V8 creates some objects in the old generation. The objects of a request are needed
  // only for a short time. An object of a request in the old generation would keep the whole request in memory until
  // the next full garbage collection.
  '--no-allocation-site-pretenuring',
  // Turns off Maglev, a compiler in newer versions of Node. It temporarily uses up to 60 MiB, and the C library does
  // not return all of this memory to the system. The compiler TurboFan still compiles frequently used code.
  '--no-maglev',
];

/**
 * Makes V8 use less memory. Call this function before loading the application, and call `growYoungGeneration`
 * afterwards.
 *
 * @param heapGrowth the growth of the heap, in percent, after which V8 runs a full garbage collection. With a low value,
 * V8 soon frees the memory that only the startup needed
 */
export function saveMemory(heapGrowth = 20): void {
  for (const flag of [...FLAGS, `--heap-growing-percent=${heapGrowth}`]) setFlagsFromString(flag);
  setGrowth(1);
}

/**
 * Lets the young generation grow up to `MAX_YOUNG_GENERATION_SIZE`. By default, Node 24 lets it grow to 192 MiB. This
 * default cannot be changed at run time, but the growth factor can: when the young generation has the maximum size,
 * this function sets the factor to 1.
 */
export function growYoungGeneration(): void {
  const setGrowthBySize = (): void => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    // The young generation may double while its size is at most half of the maximum. The size is not compared with the
    // maximum, because Node 26 reports a new size only after the added space has filled up.
    setGrowth((young?.space_size ?? 0) <= MAX_YOUNG_GENERATION_SIZE / 2 ? 2 : 1);
  };
  setGrowthBySize();
  new PerformanceObserver(setGrowthBySize).observe({ entryTypes: ['gc'] });
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
