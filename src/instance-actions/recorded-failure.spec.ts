import { describe, expect, it } from '@jest/globals';
import { BadRequest, NotFound } from '../nova/fault/faults.js';
import { recordedFailure } from './recorded-failure.js';

const BYTE_ORDER_MARK = String.fromCodePoint(65_279);

class DriverError extends Error {}

describe('recordedFailure', () => {
  it.each([
    [
      'the message of a fault',
      new NotFound('Instance x could not be found.'),
      'Instance x could not be found.',
    ],
    ['the class of any other error', new DriverError('login root:s3cret'), 'DriverError'],
    ['the class of an error without a message', new TypeError(), 'TypeError'],
    ['the type of a value that is not an error', 's3cret', 'string'],
  ])('recordedFailure returns %s as details', (_what, error, details) => {
    expect(recordedFailure(error).details).toBe(details);
  });

  it('recordedFailure returns a traceback with the calls, but without the message', () => {
    const { traceback } = recordedFailure(new DriverError('login\n    at root (s3cret)\nof 3 lines'));
    expect(traceback).toMatch(/^( {4}at .+\n)+$/);
    expect(traceback).toContain('recorded-failure.spec');
    expect(traceback).not.toContain('s3cret');
  });

  it('recordedFailure leaves out a message whose last line looks like a call', () => {
    const error = new DriverError('login\n    at root (s3cret)');
    expect(recordedFailure(error).traceback).not.toContain('s3cret');
    error.message = 'E';
    error.stack = 'Error: E';
    expect(recordedFailure(error).traceback).toBe('');
  });

  it.each([
    ['255 bytes', 'x'.repeat(300), 'x'.repeat(255)],
    ['whole characters', `${'x'.repeat(254)}é`, 'x'.repeat(254)],
    ['whole characters outside the basic plane', `${'x'.repeat(252)}😀`, 'x'.repeat(252)],
    [
      '255 bytes, including a byte order mark',
      BYTE_ORDER_MARK + 'x'.repeat(253),
      BYTE_ORDER_MARK + 'x'.repeat(252),
    ],
  ])('recordedFailure limits the details to %s', (_what, message, details) => {
    expect(recordedFailure(new BadRequest(message)).details).toBe(details);
  });
});
