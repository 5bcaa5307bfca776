/** Returns the message of an error, or its code if the message is empty, as it is in some system errors. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(errorText).join('; ');
  return error.message || ('code' in error ? String(error.code) : error.name);
}
