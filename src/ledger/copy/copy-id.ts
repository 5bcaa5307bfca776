/** Nova's id of a row, with the cell and the epoch in which Nova assigned the id. */
export interface NovaId {
  /** The number of the cell in the store, from 1. The store's own actions have the number 0. */
  readonly cell: number;
  /**
   * The number of the epoch, from 0. After a restore of its database, a cell assigns some ids again: these ids belong
   * to a new epoch.
   */
  readonly epoch: number;
  readonly id: number;
}

/**
 * The maximum values. An id of the copy has 10 bits for the cell, 6 bits for the epoch, and 37 bits for Nova's id: 53
 * bits, so that JavaScript represents it exactly.
 */
const MAX_CELL = 2 ** 10 - 1;
const MAX_EPOCH = 2 ** 6 - 1;
/** The highest id of Nova that fits into the copy. */
export const MAX_ID = 2 ** 37 - 1;

/** Returns true if Nova's id of a row fits into the ids of the copy. */
export function isCopyable({ id }: { readonly id: number }): boolean {
  return id <= MAX_ID;
}

/** Returns true if the copy has an id for the row. */
export function fitsCopyId({ cell, epoch, id }: NovaId): boolean {
  return isWithin(cell, MAX_CELL) && isWithin(epoch, MAX_EPOCH) && isWithin(id, MAX_ID);
}

/**
 * Returns the id of the row in the copy. In one cell and epoch, the ids have the same order as Nova's ids.
 *
 * @throws Error if a number is too large: see `fitsCopyId`
 */
export function copyId(novaId: NovaId): number {
  if (!fitsCopyId(novaId)) throw new Error(`the copy has no id for ${JSON.stringify(novaId)}`);
  const { cell, epoch, id } = novaId;
  return (cell * (MAX_EPOCH + 1) + epoch) * (MAX_ID + 1) + id;
}

/** Returns the lowest and the highest id of the copy that a cell can have. */
export function copyIdsOf(cell: number): { readonly first: number; readonly last: number } {
  return { first: copyId({ cell, epoch: 0, id: 0 }), last: copyId({ cell, epoch: MAX_EPOCH, id: MAX_ID }) };
}

/** Returns the parts of an id that `copyId` has made. */
export function partsOf(made: number): NovaId {
  const prefix = Math.floor(made / (MAX_ID + 1));
  return {
    cell: Math.floor(prefix / (MAX_EPOCH + 1)),
    epoch: prefix % (MAX_EPOCH + 1),
    id: made % (MAX_ID + 1),
  };
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
