/**
 * Keystone rejects a request of this service, or its response is invalid. The log gets the message; callers get 503.
 */
export class KeystoneError extends Error {}

/**
 * A response of Keystone is not JSON. It does not carry the parser's error, because that repeats the response, and the
 * response may repeat the password or the token of the request.
 */
export class MalformedResponse extends KeystoneError {
  constructor() {
    super("Keystone's response is not JSON");
  }
}
