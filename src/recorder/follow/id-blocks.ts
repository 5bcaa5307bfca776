import type { BlockSum, RowSum } from '../source/cell-reader.js';

/** The number of ids in a block. */
export const BLOCK_SIZE = 256;

/** The CRC in a block for an id without a row. */
const NO_ROW = -1;

/** The differences between a block in the memory and the same block in Nova. */
export interface BlockDifference<Row extends RowSum> {
  /** The rows that are new or have changed. */
  readonly changed: readonly Row[];
  /** The ids whose rows Nova does not have any more. */
  readonly gone: readonly number[];
}

/** The CRCs of the young rows of one table, in blocks of ids. They show which rows Nova has changed meanwhile. */
export class IdBlocks {
  private readonly blocks = new Map<number, Float64Array>();

  /** Stores the CRC of a row. */
  set(id: number, crc: number): void {
    const number = blockOf(id);
    let block = this.blocks.get(number);
    if (block === undefined) this.blocks.set(number, (block = new Float64Array(BLOCK_SIZE).fill(NO_ROW)));
    block[id % BLOCK_SIZE] = crc;
  }

  /** Removes a row. */
  delete(id: number): void {
    const block = this.blocks.get(blockOf(id));
    if (block !== undefined) block[id % BLOCK_SIZE] = NO_ROW;
  }

  /** Removes all blocks that end below an id. */
  forgetBelow(id: number): void {
    for (const number of this.blocks.keys()) if (number < blockOf(id)) this.blocks.delete(number);
  }

  /** Returns the numbers of the blocks in `[from, to)` whose sums differ from Nova's sums, highest first. */
  differing(sums: readonly BlockSum[], from: number, to: number): number[] {
    const theirs = new Map(sums.map((sum) => [sum.block, sum]));
    const numbers = new Set(theirs.keys());
    for (const number of this.blocks.keys()) {
      if (number >= blockOf(from) && number * BLOCK_SIZE < to) numbers.add(number);
    }
    const differs = (number: number): boolean => {
      const { count, sum } = theirs.get(number) ?? { count: 0, sum: 0 };
      const ours = this.sumOf(number, from, to);
      return ours.count !== count || ours.sum !== sum;
    };
    return [...numbers].filter(differs).sort((one, other) => other - one);
  }

  /** Compares the rows of Nova with ids in `[from, to)`, which lie in one block, with the memory. */
  compare<Row extends RowSum>(rows: readonly Row[], from: number, to: number): BlockDifference<Row> {
    const block = this.blocks.get(blockOf(from));
    const changed = rows.filter(({ id, crc }) => block?.[id % BLOCK_SIZE] !== crc);
    const found = new Set(rows.map(({ id }) => id));
    const gone: number[] = [];
    for (let id = from; id < to; id += 1) {
      if (block !== undefined && block[id % BLOCK_SIZE] !== NO_ROW && !found.has(id)) gone.push(id);
    }
    return { changed, gone };
  }

  private sumOf(number: number, from: number, to: number): { readonly count: number; readonly sum: number } {
    let [count, sum] = [0, 0];
    this.blocks.get(number)?.forEach((crc, index) => {
      const id = number * BLOCK_SIZE + index;
      if (crc === NO_ROW || id < from || id >= to) return;
      count += 1;
      sum += crc;
    });
    return { count, sum };
  }
}

/** Returns the number of the block that contains an id. */
export function blockOf(id: number): number {
  return Math.floor(id / BLOCK_SIZE);
}
