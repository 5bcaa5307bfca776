/** Keystone refuses this service, or answers what it should not. For the log; callers get 503. */
export class KeystoneError extends Error {}

/** What is no JSON may be what was sent, a password or a token: the parser's own error would repeat it. */
export class MalformedResponse extends KeystoneError {
  constructor() {
    super('its answer is no JSON');
  }
}
