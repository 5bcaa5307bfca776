import { expect, it } from '@jest/globals';
import { run } from '../support/process/run.js';

/**
 * A script that creates objects, and prints the size of the young generation of the heap. Some objects survive a few
 * garbage collections, as the objects of requests in progress do.
 */
const SCRIPT = `
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { growYoungGeneration, saveMemory } from './src/processes/save-memory.ts';
saveMemory();
growYoungGeneration();
const kept = new Array(20_000);
for (let made = 0; made < 20_000_000; made += 1) {
  kept[made % kept.length] = { made, more: [made] };
  if (made % 10_000 === 0) await turn();
}
const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
process.stdout.write(String(space_size / 2 ** 20));
`;

it('the young generation of V8 grows to 16 MiB and no further', async () => {
  const { out, err } = await run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SCRIPT]);
  expect(err).toBe('');
  expect(Number(out)).toBeGreaterThan(8);
  expect(Number(out)).toBeLessThanOrEqual(16);
});
