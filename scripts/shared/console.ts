import { readFileSync } from 'node:fs';
import { errorText } from '../../src/common/error-text.js';

/** Something the user has to put right. */
export class UsageError extends Error {}

/** An answer, a line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What there is to say besides the answers, a line on standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** @throws UsageError for a file that cannot be read; `-` is standard input */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}
