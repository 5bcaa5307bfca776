/**
 * The error when Keystone rejects a request of this service, or sends an invalid response. The message is written to
 * the log; callers get 503.
 */
export class KeystoneError extends Error {}

/**
 * The error when a response of Keystone is not JSON. Its cause is not the parser's error, because the message of that
 * error contains a part of the response, and the response may contain the password or the token of the request.
 */
export class MalformedResponse extends KeystoneError {
  constructor() {
    super("Keystone's response is not JSON");
  }
}
