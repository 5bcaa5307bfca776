import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/** The framework's own account of how it starts, which is for its developers. */
const FRAMEWORK = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Those of its parts that report a start that fails. */
const STARTING = new Set(['ExceptionHandler', 'NestApplication']);

/** The levels of `LOG_LEVEL`, most severe first, as the framework names them. */
const LEVELS: readonly (readonly [setting: string, level: LogLevel])[] = [
  ['fatal', 'fatal'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['info', 'log'],
  ['debug', 'debug'],
];

/** The service's log. A start that fails is not in it: that is one line on stderr, and comes from `main.ts`. */
export class ServiceLogger extends ConsoleLogger {
  constructor(leastSevere: string) {
    const shown = LEVELS.findIndex(([setting]) => setting === leastSevere) + 1;
    super({ logLevels: LEVELS.slice(0, shown).map(([, level]) => level) });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (!FRAMEWORK.has(String(rest.at(-1)))) super.log(message, ...(rest as [string]));
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!STARTING.has(String(rest.at(-1)))) super.error(message, ...(rest as [string]));
  }
}
