import type { Entry } from '../record/entry.js';

type Range = readonly [first: number, last: number];

/**
 * Finds the positions whose entries are missing, although the retention has not deleted them. The caller adds all
 * entries in the order of their positions.
 */
export class MissingPositions {
  private next = 1;
  private readonly holes: Range[] = [];
  private readonly deleted: Range[] = [];

  add({ position, kind, body }: Entry): void {
    if (position > this.next) this.holes.push([this.next, position - 1]);
    this.next = position + 1;
    if (kind === 'retention') this.deleted.push(...body.positions);
  }

  /** Returns the missing positions in ranges. @param head the last position of the record */
  ranges(head: number): Range[] {
    const holes: Range[] = head >= this.next ? [...this.holes, [this.next, head]] : this.holes;
    const deleted = this.deleted.toSorted(([one], [other]) => one - other);
    const missing: Range[] = [];
    let index = 0;
    for (const [first, last] of holes) {
      let from = first;
      while (index > 0 && (deleted[index - 1]?.[1] ?? 0) >= from) index -= 1;
      for (; index < deleted.length && (deleted[index]?.[0] ?? 0) <= last; index += 1) {
        const [start, end] = deleted[index] ?? [0, 0];
        if (start > from) missing.push([from, start - 1]);
        from = Math.max(from, end + 1);
      }
      if (from <= last) missing.push([from, last]);
    }
    return missing;
  }
}
