/**
 * Cases for which the service intentionally responds differently from Nova. The key is the id of the case, the value
 * explains the difference.
 */
export const KNOWN_DIFFERENCES = new Map([
  [
    'open-1336',
    'second page of a list in which two actions share one request id: Nova links to the same page forever, the service reaches the end',
  ],
]);
