/** Returns the system's code of an error, such as `ENOENT`, or the error as text if it has no code. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/** Returns true for the codes of a file that does not exist. A file that exists but cannot be read has other codes. */
export function isMissingFile(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
