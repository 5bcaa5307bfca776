import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_SIZE, blockOf, IdBlocks } from './id-blocks.js';

const id = fc.integer({ min: 0, max: 4 * BLOCK_SIZE });
const rows = fc.dictionary(id.map(String), fc.integer({ min: 0, max: 3 }), { maxKeys: 40 });
const bounds = fc.tuple(id, id).map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);

type Rows = Readonly<Record<string, number>>;

function blocksOf(known: Rows): IdBlocks {
  const blocks = new IdBlocks();
  for (const [key, crc] of Object.entries(known)) blocks.set(Number(key), crc);
  return blocks;
}

/** Returns the rows with ids in `[from, to)`, as Nova's database returns them. */
function within(all: Rows, from: number, to: number): { id: number; crc: number }[] {
  return Object.entries(all)
    .map(([key, crc]) => ({ id: Number(key), crc }))
    .filter((row) => row.id >= from && row.id < to)
    .sort((one, other) => one.id - other.id);
}

function sumsOf(all: Rows, from: number, to: number): { block: number; count: number; sum: number }[] {
  const sums = new Map<number, { block: number; count: number; sum: number }>();
  for (const row of within(all, from, to)) {
    const block = blockOf(row.id);
    const { count, sum } = sums.get(block) ?? { count: 0, sum: 0 };
    sums.set(block, { block, count: count + 1, sum: sum + row.crc });
  }
  return [...sums.values()];
}

describe('the CRCs in blocks of ids', () => {
  it('show no difference from Nova if all rows are known', () => {
    fc.assert(
      fc.property(rows, bounds, (all, [from, to]) => {
        expect(blocksOf(all).differing(sumsOf(all, from, to), from, to)).toEqual([]);
      }),
    );
  });

  it('show each block in which a row was added, changed or deleted, unless both sums are equal', () => {
    fc.assert(
      fc.property(rows, rows, bounds, (known, current, [from, to]) => {
        const differing = new Set(blocksOf(known).differing(sumsOf(current, from, to), from, to));
        for (let block = 0; block <= blockOf(to); block += 1) {
          const key = (sums: ReturnType<typeof sumsOf>): unknown => sums.find((one) => one.block === block);
          const [ours, theirs] = [key(sumsOf(known, from, to)), key(sumsOf(current, from, to))];
          expect(differing.has(block)).toBe(JSON.stringify(ours) !== JSON.stringify(theirs));
        }
      }),
    );
  });

  it('show which rows of a block were added or changed, and which were deleted', () => {
    fc.assert(
      fc.property(rows, rows, fc.integer({ min: 0, max: 4 }), (known, current, block) => {
        const [from, to] = [block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE];
        const found = within(current, from, to);
        const { changed, gone } = blocksOf(known).compare(found, from, to);
        expect(changed).toEqual(found.filter((row) => known[row.id] !== row.crc));
        expect(gone).toEqual(
          within(known, from, to)
            .map((row) => row.id)
            .filter((one) => current[one] === undefined),
        );
      }),
    );
  });

  it('are forgotten only in blocks that end below a given id', () => {
    const blocks = blocksOf({ 0: 1, [BLOCK_SIZE]: 2 });
    blocks.forgetBelow(BLOCK_SIZE + 5);
    expect(blocks.compare([], 0, BLOCK_SIZE).gone).toEqual([]);
    expect(blocks.compare([], BLOCK_SIZE, 2 * BLOCK_SIZE).gone).toEqual([BLOCK_SIZE]);
  });

  it('do not contain a row after its deletion', () => {
    const blocks = blocksOf({ 7: 3 });
    blocks.delete(7);
    expect(blocks.differing([], 0, BLOCK_SIZE)).toEqual([]);
  });
});
