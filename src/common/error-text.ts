/** What an error says of itself; some of the system's have no message, only a code. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(errorText).join('; ');
  return error.message || ('code' in error ? String(error.code) : error.name);
}
