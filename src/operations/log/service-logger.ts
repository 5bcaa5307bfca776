import type { LoggerService } from '@nestjs/common';
import { classNameOf } from '../../common/class-name.js';
import { isRecord } from '../../common/is-record.js';
import type { Log } from './open-log.js';

/** Loggers of the framework that report its start, for its own developers. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Loggers of the framework that report a failed start. */
const STARTING = new Set(['ExceptionHandler', 'NestApplication']);

/**
 * Writes what is logged with the framework's `Logger` to the service's log: a text or a `LogEntry`, then perhaps a stack,
 * and last the name of the logger. It leaves out a failed start, which `start.ts` reports in one line on standard error.
 */
export class ServiceLogger implements LoggerService {
  constructor(private readonly to: Log) {}

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (!STARTING.has(loggerOf(rest) ?? '')) this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK.has(loggerOf(rest) ?? '')) this.write('info', message, rest);
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

/** Most loggers are named by their class. */
function loggerOf(rest: readonly unknown[]): string | undefined {
  const name = rest.at(-1);
  return typeof name === 'string' ? classNameOf(name) : undefined;
}
