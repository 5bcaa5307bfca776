import { describe, expect, it } from '@jest/globals';
import { type RequestProblem, ValidationFailed } from '../fault/validation-failed.js';
import { parsePythonJson } from '../python/json.js';
import { readApiBody } from './api-body.js';
import { BodyProperty } from './body-property.js';

class Event {
  @BodyProperty({ schema: { type: 'string', maxLength: 5 }, description: 'The name.', example: 'boot' })
  event!: string;

  @BodyProperty({ schema: { enum: ['Success', 'Error'] }, description: 'The result.', optional: true })
  result?: string;
}

class Body {
  @BodyProperty({ schema: Event, description: 'An event.' })
  event!: Event;

  @BodyProperty({
    schema: { type: 'array', maxItems: 3, items: { type: 'integer', minimum: 1 } },
    description: 'Numbers.',
    optional: true,
  })
  numbers?: number[];

  @BodyProperty({ schema: { type: 'string' }, description: 'A text.', optional: true })
  'a/b'?: string;
}

function problemsOf(json: string): readonly RequestProblem[] {
  try {
    readApiBody(Body, parsePythonJson(json));
  } catch (error) {
    if (error instanceof ValidationFailed) return error.errors;
    throw error;
  }
  return [];
}

describe('the body of an ApiRoute', () => {
  it('is an instance of its class', () => {
    const body = readApiBody(Body, parsePythonJson('{"event": {"event": "boot"}, "numbers": [1, 2]}'));
    expect(body).toBeInstanceOf(Body);
    expect(body).toEqual({ event: { event: 'boot' }, numbers: [1, 2] });
    expect(Object.isFrozen(body)).toBe(true);
  });

  it('has all its problems, each with a JSON pointer', () => {
    expect(
      problemsOf(
        '{"event": {"event": "too long", "result": "ok", "host": 1}, "numbers": [0, "x", 2], "a/b": 3, "c": 4}',
      ),
    ).toEqual([
      { pointer: '/event/event', detail: 'the text has more than 5 characters' },
      { pointer: '/event/result', detail: 'the value is not one of Success, Error' },
      { pointer: '/event/host', detail: 'the body has no such property' },
      { pointer: '/numbers/0', detail: 'the number is less than 1' },
      { pointer: '/numbers/1', detail: 'the value is not an integer' },
      { pointer: '/a~1b', detail: 'the value is not a text' },
      { pointer: '/c', detail: 'the body has no such property' },
    ]);
  });

  it('has one problem for a value of the wrong type, and none for its parts', () => {
    expect(problemsOf('[]')).toEqual([{ pointer: '', detail: 'the value is not an object' }]);
    expect(problemsOf('{"event": 3}')).toEqual([{ pointer: '/event', detail: 'the value is not an object' }]);
    expect(problemsOf('{"event": {"event": "a"}, "numbers": [1, 2, 3, 4]}')).toEqual([
      { pointer: '/numbers', detail: 'the list has more than 3 items' },
    ]);
  });

  it('names missing properties', () => {
    expect(problemsOf('{}')).toEqual([{ pointer: '/event', detail: 'the property is required' }]);
    expect(problemsOf('{"event": {}, "__proto__": 1}')).toEqual([
      { pointer: '/event/event', detail: 'the property is required' },
      { pointer: '/__proto__', detail: 'the body has no such property' },
    ]);
  });
});
