/** Where the service differs from Nova on purpose, by the id of the recorded case. */
export const KNOWN_DIFFERENCES = new Map([
  [
    'open-1336',
    'the second page of two actions under one request id: Nova links to this same page for ever, ours to the end',
  ],
]);
