const INDEX = Symbol('index in a bag');

interface InBag {
  [INDEX]?: number | undefined;
}

/**
 * An unordered collection of objects that exist only while a request is in progress. An object may be in only one bag
 * at a time.
 *
 * A `Set` would leak memory here. V8 replaces the internal table of a `Set` when the `Set` grows. The old table still
 * refers to its entries and to the new table. V8 rarely collects the old generation of the heap. If an old table is in
 * that generation, all later tables stay in memory, with the finished requests in them.
 */
export class Bag<Item extends object> {
  private readonly items: (Item & InBag)[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: Item & InBag): void {
    item[INDEX] = this.items.push(item) - 1;
  }

  /** Does nothing if the item is not in the bag. */
  remove(item: Item & InBag): void {
    const index = item[INDEX];
    if (index === undefined) return;
    item[INDEX] = undefined;
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.items[index] = last;
    last[INDEX] = index;
  }

  /** Iterates over a copy of the items, so that a loop may add and remove items. */
  [Symbol.iterator](): Iterator<Item> {
    return [...this.items].values();
  }
}
