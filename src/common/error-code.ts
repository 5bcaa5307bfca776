/** Returns the code of a system error, such as `ENOENT`. Returns the error as text if it has no code. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/**
 * Returns true if an error code means that a file does not exist. Returns false for a file that exists but cannot be
 * read.
 */
export function isMissingFile(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
