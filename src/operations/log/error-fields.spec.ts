import { describe, expect, it } from '@jest/globals';
import { errorFields } from './error-fields.js';

/** As TypeORM's and mysql2's errors are: with all that was asked. */
class DriverError extends Error {
  readonly query = "SELECT 's3cret'";
  readonly parameters = ['s3cret'];
  readonly headers = { 'x-auth-token': 's3cret' };
  readonly code = 'ER_PARSE_ERROR';
}

describe('an error in the log', () => {
  it('an error in the log has a type, a message, a code and a stack with its causes', () => {
    const error = new Error('outer', { cause: new DriverError('inner') });
    const fields = errorFields(error);
    expect(fields).toMatchObject({ type: 'Error', message: 'outer' });
    expect(fields.stack).toMatch(/^Error: outer\n\s+at [^]*\ncaused by: Error: inner\n\s+at /);
    expect(errorFields(error.cause)).toMatchObject({ type: 'DriverError', code: 'ER_PARSE_ERROR' });
  });

  it('an error in the log does not show other properties of the error or of its causes', () => {
    const error = new Error('outer', { cause: new DriverError('inner') });
    expect(JSON.stringify([errorFields(error), errorFields(error.cause)])).not.toContain('s3cret');
  });

  it('an error in the log may have a circle of causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(errorFields(error).stack?.match(/caused by/g)).toHaveLength(3);
  });

  it('an error in the log may be anything', () => {
    expect(errorFields('text')).toEqual({ type: 'string', message: 'text' });
    expect(errorFields(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
  });
});
