/** The size of a result, in bytes, above which the next ones have fewer rows. */
export const MAX_RESULT_BYTES = 8 * 2 ** 20;

/** The minimum and the maximum number of rows that one statement returns. */
const MIN_ROWS = 20;
const MAX_ROWS = 5_000;

/** The columns with long texts, and the estimated number of bytes of the other columns of a row. */
const LONG_TEXTS = ['traceback', 'details', 'flavor'];
const OTHER_BYTES = 300;

/** The number of rows that one statement may return. It shrinks while rows have long texts, such as tracebacks. */
export class ResultSize {
  private current = MAX_ROWS;

  get maxRows(): number {
    return this.current;
  }

  /** Adjusts the number to a result. @returns the approximate number of bytes of the result */
  add(rows: readonly Partial<Record<string, unknown>>[]): number {
    let bytes = rows.length * OTHER_BYTES;
    for (const row of rows) {
      for (const column of LONG_TEXTS) {
        const text = row[column];
        if (typeof text === 'string') bytes += text.length;
      }
    }
    if (bytes > MAX_RESULT_BYTES) this.current = Math.max(MIN_ROWS, Math.floor(this.current / 2));
    else if (bytes < MAX_RESULT_BYTES / 4) this.current = Math.min(MAX_ROWS, this.current * 2);
    return bytes;
  }
}
