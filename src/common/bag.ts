const INDEX = Symbol('index in a bag');

interface InBag {
  [INDEX]?: number | undefined;
}

/**
 * An unordered collection for objects that exist only while a request is in progress. An object may be in only one bag.
 *
 * A `Set` would leak memory here. V8 replaces the table of a growing `Set`, and the old table still refers to all its
 * entries and to the new table. Once V8 has moved an old table to the old generation, which it collects rarely, all
 * later tables and the finished requests in them stay in memory as well.
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

  /** Iterates over a copy: a loop may add and remove items. */
  [Symbol.iterator](): Iterator<Item> {
    return [...this.items].values();
  }
}
