/** A setting that the service cannot start with; the message is one line for the operator. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(message.replace(/\s*[\r\n]\s*/g, ' '));
  }
}
