import type { LoggerService } from '@nestjs/common';
import { classNameOf } from '../../common/class-name.js';
import { isRecord } from '../../common/is-record.js';
import type { Log } from './open-log.js';

/** The NestJS loggers that report the startup of NestJS itself. Their lines do not help operators. */
const FRAMEWORK_LOGGERS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** The NestJS loggers that report a failed startup. */
const START_ERROR_LOGGERS = new Set(['ExceptionHandler', 'NestApplication']);

/**
 * Writes the lines of NestJS's `Logger` to the service's log. The arguments of a line are a text or a `LogEntry`, an
 * optional stack, and the name of the logger. The error of a failed startup is not written, because `start.ts` writes
 * it to standard error, in one line.
 */
export class ServiceLogger implements LoggerService {
  constructor(private readonly to: Log) {}

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (!START_ERROR_LOGGERS.has(loggerOf(rest) ?? '')) this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK_LOGGERS.has(loggerOf(rest) ?? '')) this.write('info', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: 'fatal' | 'error' | 'warn' | 'info' | 'debug', given: unknown, rest: unknown[]): void {
    if (!this.to.isLevelEnabled(level)) return;
    const stack = rest.length > 1 ? rest[0] : undefined;
    const fields = { logger: loggerOf(rest), ...(typeof stack === 'string' && { stack }) };
    if (given instanceof Error) {
      this.to[level]({ ...fields, error: given }, given.message);
    } else if (isRecord(given)) {
      const { message, ...more } = given;
      this.to[level]({ ...fields, ...more }, typeof message === 'string' ? message : undefined);
    } else {
      this.to[level](fields, String(given));
    }
  }
}

/** Returns the name of the logger, which is usually the name of the class that logs. */
function loggerOf(rest: readonly unknown[]): string | undefined {
  const name = rest.at(-1);
  return typeof name === 'string' ? classNameOf(name) : undefined;
}
