import { describe, expect, it } from '@jest/globals';
import { errorFields } from './error-fields.js';

/** An error like those of TypeORM and mysql2: with the SQL statement and its values. */
class DriverError extends Error {
  readonly query = "SELECT 's3cret'";
  readonly parameters = ['s3cret'];
  readonly headers = { 'x-auth-token': 's3cret' };
  readonly code = 'ER_PARSE_ERROR';
}

describe('errorFields', () => {
  it('an error in the log has its type, message, code and stack, and the stacks of its causes', () => {
    const error = new Error('outer', { cause: new DriverError('inner') });
    const fields = errorFields(error);
    expect(fields).toMatchObject({ type: 'Error', message: 'outer' });
    expect(fields.stack).toMatch(/^Error: outer\n\s+at [^]*\ncaused by: Error: inner\n\s+at /);
    expect(errorFields(error.cause)).toMatchObject({ type: 'DriverError', code: 'ER_PARSE_ERROR' });
  });

  it('an error in the log has no other properties of the error or of its causes', () => {
    const error = new Error('outer', { cause: new DriverError('inner') });
    expect(JSON.stringify([errorFields(error), errorFields(error.cause)])).not.toContain('s3cret');
  });

  it('if an error is its own cause, the log shows this cause three times', () => {
    const error = new Error('circular');
    error.cause = error;
    expect(errorFields(error).stack?.match(/caused by/g)).toHaveLength(3);
  });

  it('the log accepts a thrown value that is not an Error', () => {
    expect(errorFields('text')).toEqual({ type: 'string', message: 'text' });
    expect(errorFields(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
  });
});
