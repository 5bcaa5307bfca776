/** Returns the message of an error. Some system errors have no message: then it returns the code. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(errorText).join('; ');
  return error.message || ('code' in error ? String(error.code) : error.name);
}
