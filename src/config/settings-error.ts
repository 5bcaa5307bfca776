/** A setting that the service cannot start with; the message is one line for the operator. */
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

/** A setting is the operator's to mend and one line says how; anything else is ours and needs its stack. */
export function failureText(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  return String(error instanceof Error ? error.stack : error);
}
