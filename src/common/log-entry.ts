/** A log line with more than a text. Pass it to Nest's `Logger` instead of a message. */
export interface LogEntry {
  readonly message: string;
  /** The id of the request that caused the line. */
  readonly request_id?: string;
  /** The log shows its type, message, code, stack and causes. It omits other properties, which may contain secrets. */
  readonly error?: unknown;
}
