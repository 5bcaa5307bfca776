import { classNameOf } from '../../common/class-name.js';

/** How many errors are shown behind one, each the cause of the one before. */
const MAX_CAUSES = 3;

/** What the log shows of an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** With the stacks of its causes. */
  readonly stack?: string;
}

/**
 * An error for the log. Of its properties these and no others: those of a database's driver hold the statement with
 * its values, those of an HTTP client the headers.
 */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: classNameOf(error.constructor.name),
    message: error.message,
    ...(code !== undefined && { code }),
    stack: chain(error).join('\ncaused by: '),
  };
}

function chain(error: Error): string[] {
  const stacks: string[] = [];
  for (let one: unknown = error; one instanceof Error && stacks.length <= MAX_CAUSES; one = one.cause) {
    stacks.push(one.stack ?? `${one.name}: ${one.message}`);
  }
  return stacks;
}
