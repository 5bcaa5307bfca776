import { classNameOf } from '../../common/class-name.js';

/** The maximum number of causes whose stacks a logged error contains. */
const MAX_CAUSES = 3;

/** The fields of a log line that describe an error. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** The stack, followed by the stacks of the causes. */
  readonly stack?: string;
}

/**
 * Returns the fields of an error for the log. It omits all other properties of the error, which may contain secrets:
 * errors of a database driver contain the SQL statement with its values, and errors of an HTTP client contain headers.
 */
export function errorFields(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    type: classNameOf(error.constructor.name),
    message: error.message,
    ...(code !== undefined && { code }),
    stack: stacksOf(error).join('\ncaused by: '),
  };
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (
    let cause: unknown = error;
    cause instanceof Error && stacks.length <= MAX_CAUSES;
    cause = cause.cause
  ) {
    stacks.push(cause.stack ?? `${cause.name}: ${cause.message}`);
  }
  return stacks;
}
