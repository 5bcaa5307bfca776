/** What the system calls an error, such as `ENOENT`; the error's text where it has no code. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}

/** Whether a code says that there is no such file, and not that it cannot be looked at. */
export function isMissingFile(code: string): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}
