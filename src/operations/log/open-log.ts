import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Settings } from '../../config/settings.js';
import { errorFields } from './error-fields.js';
import { LineOutput, LONGEST_LINE } from './line-output.js';
import { shorten } from './shorten.js';

export type Log = Logger;

const STDOUT = 1;

/** One for the process, however many write to it. */
const output = new LineOutput(notBlocking(STDOUT));
process.on('exit', () => {
  output.end();
});

/** How many lines nobody took. */
export function lostLines(): number {
  return output.lost;
}

/** Headers that hold tokens. Nothing here logs any; this is for whoever begins to. */
const SECRET_HEADERS = [
  'x-auth-token',
  'x-service-token',
  'x-subject-token',
  'x-storage-token',
  'authorization',
  'cookie',
];
const HEADERS_OF = ['', 'headers', 'req.headers', 'request.headers', 'res.headers'];
const redact = {
  paths: SECRET_HEADERS.flatMap((header) => HEADERS_OF.map((headers) => `${headers}["${header}"]`)),
  censor: '***',
};

/**
 * A descriptor that does not block where the reader is slow. Whether a pipe does is a matter of how it was opened, and
 * every process that begins with the same one changes that for all: so it is opened once more. A socket cannot be;
 * Node's own stream sees to that one.
 */
function notBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Another user's pipe, or no Linux.
  }
  return process.stdout.fd;
}

/** The service's log: lines of JSON on standard output, or on a terminal something for the eye. */
export async function openLog({
  LOG_LEVEL,
  LOG_FORMAT,
}: Pick<Settings, 'LOG_LEVEL' | 'LOG_FORMAT'>): Promise<Log> {
  const isPretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && isatty(STDOUT));
  return pino(
    {
      level: LOG_LEVEL,
      base: { pid: process.pid },
      formatters: { level: (level) => ({ level }) },
      timestamp: stdTimeFunctions.isoTime,
      errorKey: 'error',
      serializers: { error: errorFields },
      redact,
    },
    isPretty ? await prettyOutput() : { write: writeLine },
  );
}

function writeLine(line: string): void {
  output.write(shorten(line, LONGEST_LINE));
}

/** Not loaded where it is not wanted. */
async function prettyOutput(): Promise<{ write: (line: string) => void }> {
  const { prettyLines } = await import('./pretty-lines.js');
  const pretty = prettyLines(isatty(STDOUT));
  return {
    write: (line) => {
      output.write(pretty(line));
    },
  };
}
