import { describe, expect, it } from '@jest/globals';
import { Conflict, faultBody, NotImplemented, OverLimit } from './faults.js';

describe("a fault's body", () => {
  it.each([
    [new Conflict('Aggregate one already exists.'), 409, 'conflictingRequest'],
    [new OverLimit('Too many.'), 413, 'overLimit'],
    [new NotImplemented('Not by this driver.'), 501, 'notImplemented'],
  ])("a fault's body has the name that Nova uses: %p", ({ status, message }, code, name) => {
    expect(faultBody(status, message)).toEqual({ [name]: { code, message } });
  });
});
