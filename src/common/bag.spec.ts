import { describe, expect, it } from '@jest/globals';
import { Bag } from './bag.js';

describe('Bag', () => {
  it('a bag contains the items that were added and not removed', () => {
    const bag = new Bag<{ name: string }>();
    const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((name) => ({ name }));
    for (const item of [one, two, three, four]) if (item !== undefined) bag.add(item);
    const names = (): string[] => [...bag].map(({ name }) => name).sort();
    expect([bag.size, names()]).toEqual([4, ['four', 'one', 'three', 'two']]);
    for (const [item, left] of [
      [two, ['four', 'one', 'three']],
      [two, ['four', 'one', 'three']],
      [four, ['one', 'three']],
      [one, ['three']],
      [three, []],
      [three, []],
    ] as const) {
      if (item !== undefined) bag.remove(item);
      expect([bag.size, names()]).toEqual([left.length, left]);
    }
    if (two !== undefined) bag.add(two);
    expect(names()).toEqual(['two']);
  });

  it('a loop over the items of a bag may remove every item', () => {
    const bag = new Bag<{ name: string }>();
    for (let count = 0; count < 5; count += 1) bag.add({ name: String(count) });
    const seen: string[] = [];
    for (const item of bag) {
      seen.push(item.name);
      bag.remove(item);
    }
    expect([seen.sort(), bag.size]).toEqual([['0', '1', '2', '3', '4'], 0]);
  });
});
