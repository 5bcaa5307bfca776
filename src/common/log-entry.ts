/** A log line with additional fields. Pass a `LogEntry` to Nest's `Logger` instead of a text. */
export interface LogEntry {
  readonly message: string;
  /** The id of the request that caused the line. */
  readonly request_id?: string;
  /**
   * The log contains the type, the message, the code, the stack and the causes of the error. It omits the other
   * properties, because they may contain secrets.
   */
  readonly error?: unknown;
}
