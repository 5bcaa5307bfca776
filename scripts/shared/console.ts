import { readFileSync } from 'node:fs';
import { errorText } from '../../src/common/error-text.js';

/** An error that the user can correct, such as invalid arguments or files. */
export class UsageError extends Error {}

/** Prints a line of the script's result to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints a progress or error message to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Reads a file, or standard input for `-`. @throws UsageError if the file is unreadable */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}
