/** What a line of the log holds beyond a text: given to Nest's `Logger` in the place of a message. */
export interface LogEntry {
  readonly message: string;
  /** Of the request that it is about. */
  readonly request_id?: string;
  /** Shown by type, message, code and stack, with its causes; never by the other properties, which may hold secrets. */
  readonly error?: unknown;
}
