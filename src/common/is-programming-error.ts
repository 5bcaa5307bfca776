/**
 * Returns true if an error is a bug in this service: a ReferenceError, or a TypeError without a `code`. Node's
 * TypeErrors about invalid input, such as a malformed URL, have a `code`.
 */
export function isProgrammingError(error: unknown): boolean {
  return (error instanceof TypeError && !('code' in error)) || error instanceof ReferenceError;
}
