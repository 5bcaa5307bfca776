import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Settings } from '../../config/settings.js';
import { errorFields } from './error-fields.js';
import { LineOutput, MAX_LINE_LENGTH } from './line-output.js';
import { shorten } from './shorten.js';

export type Log = Logger;

const STDOUT = 1;

/** Shared by all loggers of the process. */
const output = new LineOutput(notBlocking(STDOUT));
process.on('exit', () => {
  output.end();
});

/** How many lines could not be written. */
export function lostLines(): number {
  return output.lost;
}

/** Headers that hold tokens. No code logs headers; this protects code that begins to. */
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
 * A descriptor whose writes do not wait for a slow reader. For a pipe that mode belongs to its open file, and each process that
 * shares it changes the mode for all of them, so the pipe is opened once more. A socket cannot be opened again; Node's own
 * stream makes its writes not block.
 */
function notBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // The pipe belongs to another user, or the system is not Linux.
  }
  return process.stdout.fd;
}

/** Opens the service's log: lines of JSON on standard output, or human-readable lines on a terminal. */
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
  output.write(shorten(line, MAX_LINE_LENGTH));
}

/** Loads pino-pretty only if it is used. */
async function prettyOutput(): Promise<{ write: (line: string) => void }> {
  const { prettyLines } = await import('./pretty-lines.js');
  const pretty = prettyLines(isatty(STDOUT));
  return {
    write: (line) => {
      output.write(pretty(line));
    },
  };
}
