/** The intended differences from Nova: id of the recorded case → explanation. */
export const KNOWN_DIFFERENCES = new Map([
  [
    'open-1336',
    'second page of a list in which two actions share one request id: Nova links to the same page forever, the service reaches the end',
  ],
]);
