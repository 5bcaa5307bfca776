const PLACE = Symbol('place in a bag');

interface InBag {
  [PLACE]?: number | undefined;
}

/**
 * What is under way, in no order; each thing is in one bag at most. For what comes and goes with every request a `Set`
 * is costly: each time it makes room it leaves a table behind that holds on to all that was in it, and to the next
 * table. Once one of them has come to the old objects, which are seldom looked through, all that follow do as well, and
 * with them whole requests that have long been answered.
 */
export class Bag<Item extends object> {
  private readonly items: (Item & InBag)[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: Item & InBag): void {
    item[PLACE] = this.items.push(item) - 1;
  }

  /** Nothing happens where it is not in it any more. */
  remove(item: Item & InBag): void {
    const place = item[PLACE];
    if (place === undefined) return;
    item[PLACE] = undefined;
    const last = this.items.pop();
    if (last === undefined || last === item) return;
    this.items[place] = last;
    last[PLACE] = place;
  }

  /** Those of this moment: what is added or removed meanwhile changes nothing. */
  [Symbol.iterator](): Iterator<Item> {
    return [...this.items].values();
  }
}
