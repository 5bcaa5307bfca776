/** Returns the code of a system error, such as `ENOENT`. Returns the error as text if it has no code. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/** Returns true for the error codes of a missing file. An existing file that cannot be read has other codes. */
export function isMissingFile(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
