import { describe, expect, it } from '@jest/globals';
import { ValidationFailed } from '../fault/validation-failed.js';
import { readApiQuery } from './api-query.js';
import type { FilterCondition } from './filters.js';
import { FilterParameter, QueryParameter } from './query-parameter.js';

class Query {
  @FilterParameter({ kind: 'text', description: 'The action.' })
  action?: readonly FilterCondition[];

  @FilterParameter({ kind: 'time', description: 'The time.' })
  created_at?: readonly FilterCondition[];

  @QueryParameter({ kind: 'positiveInteger', description: 'The size of a page.' })
  limit?: number;
}

function problemsOf(query: string): unknown {
  try {
    return readApiQuery(Query, query);
  } catch (error) {
    if (error instanceof ValidationFailed) return error.errors;
    throw error;
  }
}

describe('the query of an ApiRoute', () => {
  it('has the conditions of all occurrences of a filter', () => {
    const query = readApiQuery(Query, 'action=in:start,stop&limit=5&action=neq:stop');
    expect(query).toBeInstanceOf(Query);
    expect(query).toEqual({
      action: [
        { operator: 'in', values: ['start', 'stop'] },
        { operator: 'nin', values: ['stop'] },
      ],
      limit: 5,
    });
    expect(readApiQuery(Query, 'action=in:start,stop&limit=5&action=neq:stop')).toBe(query);
  });

  it('is an empty instance of its class without parameters', () => {
    expect(readApiQuery(Query, '')).toEqual({});
  });

  it('has all its problems', () => {
    expect(problemsOf('limit=0&other=1&action=gt:a&limit=x&created_at=lt:x')).toEqual([
      { parameter: 'limit', detail: "'0' is not a positive integer" },
      { parameter: 'limit', detail: "'x' is not a positive integer" },
      { parameter: 'limit', detail: 'the query must not repeat this parameter' },
      { parameter: 'other', detail: 'the request has no such parameter' },
      {
        parameter: 'action',
        detail: "'gt' is not one of the operators in, nin, neq; quote a value with a colon",
      },
      { parameter: 'created_at', detail: "'x' is not a time with a zone such as 2026-11-01T00:00:00Z" },
    ]);
  });
});
