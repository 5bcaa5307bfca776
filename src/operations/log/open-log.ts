import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { Settings } from '../../config/settings.js';
import { errorFields } from './error-fields.js';
import { LineOutput, MAX_LINE_LENGTH } from './line-output.js';
import { shorten } from './shorten.js';

export type Log = Logger;

const STDOUT = 1;

/** The output that all loggers of the process share. */
const output = new LineOutput(nonBlocking(STDOUT));
process.on('exit', () => {
  output.end();
});

/** Returns the number of log lines that could not be written. */
export function lostLines(): number {
  return output.lost;
}

/**
 * Headers that contain tokens. The code logs no headers today; this list masks the tokens in case future code logs
 * headers.
 */
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
 * Returns another file descriptor for the same output. A write to that descriptor does not wait for a slow reader.
 * Processes that share a pipe also share its non-blocking mode. So this function opens the pipe a second time, to set
 * the mode for this process only. A socket cannot be opened a second time, but Node sets its non-blocking mode when
 * `process.stdout` is first used.
 */
function nonBlocking(fd: number): number {
  try {
    if (fstatSync(fd).isFIFO())
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Opening fails if the pipe belongs to another user, or if the system is not Linux.
  }
  return process.stdout.fd;
}

/**
 * Opens the log on standard output. By default it writes human-readable lines to a terminal, and JSON lines to other
 * outputs. LOG_FORMAT overrides this default.
 */
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
