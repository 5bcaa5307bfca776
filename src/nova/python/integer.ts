/**
 * The texts that Python's `int()` accepts. Nova reads a path as single bytes, so only ASCII digits and spaces match.
 */
export const INTEGER = /^[\t-\r ]*[+-]?\d+(?:_\d+)*[\t-\r ]*$/;
