/** The error for a setting that prevents the start of the service. The message is one line for the operator. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(
      message
        .split(/[\r\n]+\s*/)
        .map((line) => line.trimEnd())
        .join(' '),
    );
  }
}

/**
 * Returns the text that a failed start prints. For a SettingsError, the text is the one-line message, which tells the
 * operator what to correct. For any other error, the text is the stack, because the cause is probably a bug in the
 * service.
 */
export function failureText(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  return String(error instanceof Error ? error.stack : error);
}
