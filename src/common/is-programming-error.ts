/** Whether an error is a mistake in this service. Node's own errors, as of a malformed address, have a code. */
export function isProgrammingError(error: unknown): boolean {
  return (error instanceof TypeError && !('code' in error)) || error instanceof ReferenceError;
}
