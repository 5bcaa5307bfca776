/**
 * Returns true if an error is a bug in this service. Node's own TypeErrors, such as for a malformed URL, have a `code`.
 */
export function isProgrammingError(error: unknown): boolean {
  return (error instanceof TypeError && !('code' in error)) || error instanceof ReferenceError;
}
