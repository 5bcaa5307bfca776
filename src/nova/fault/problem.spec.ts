import { describe, expect, it } from '@jest/globals';
import {
  Conflict,
  Forbidden,
  OtherFault,
  RequestTooLarge,
  RouteNotFound,
  ServiceUnavailable,
} from './faults.js';
import { hasProblems, PROBLEM_TYPE, problemOf } from './problem.js';
import { ValidationFailed } from './validation-failed.js';

const REQUEST = { method: 'GET', headers: {} };

function bodyOf(failure: Parameters<typeof problemOf>[0]): unknown {
  return JSON.parse(problemOf(failure, REQUEST, 'req-1').body) as unknown;
}

describe('problemOf', () => {
  it('describes a failure by its kind, its status, its text and the id of the request', () => {
    const { status, type } = problemOf(new Forbidden('action_log:record'), REQUEST, 'req-1');
    expect([status, type]).toEqual([403, PROBLEM_TYPE]);
    expect(bodyOf(new Forbidden('action_log:record'))).toEqual({
      type: '/action-log/problems/forbidden',
      title: 'The policy does not allow the request',
      status: 403,
      detail: "Policy doesn't allow action_log:record to be performed.",
      request_id: 'req-1',
    });
  });

  it('names all problems of an invalid request, each with its place', () => {
    const errors = [
      { parameter: 'limit', detail: "'x' is not a positive integer" },
      { pointer: '/action/server', detail: 'is a required property' },
      { pointer: '', detail: 'is not an object' },
    ];
    expect(bodyOf(new ValidationFailed(errors))).toMatchObject({
      type: '/action-log/problems/validation-failed',
      status: 400,
      detail:
        "The request is invalid. limit: 'x' is not a positive integer. /action/server: is a required property. body: is not an object.",
      errors,
    });
  });

  it('limits the number and the length of the problems', () => {
    const { errors } = new ValidationFailed(
      Array.from({ length: 1_000 }, () => ({ parameter: 'x', detail: '😀'.repeat(1_000) })),
    );
    expect(errors).toHaveLength(100);
    expect(errors[0]?.detail).toBe(`${'😀'.repeat(500)}…`);
  });

  it('says after which time the client may retry', () => {
    expect(bodyOf(new ServiceUnavailable())).toMatchObject({ status: 503, retry_after: 5 });
  });

  it('returns a kind for failures that do not come from Nova, and for unknown statuses', () => {
    expect(bodyOf(new RouteNotFound())).toMatchObject({
      type: '/action-log/problems/not-found',
      status: 404,
    });
    expect(bodyOf(new RequestTooLarge())).toMatchObject({
      detail: 'The body of the request is too large.',
      status: 413,
    });
    expect(bodyOf(new OtherFault(418, 'no'))).toMatchObject({
      type: '/action-log/problems/other',
      status: 418,
    });
  });

  it('uses the own kind of a failure, with its further members', () => {
    class AlreadyFinished extends Conflict {
      override readonly problem = {
        ...{ slug: 'already-finished', title: 'The action has already finished' },
        members: { action_id: 7 },
      };
    }
    expect(bodyOf(new AlreadyFinished('The action 7 has already finished.'))).toMatchObject({
      type: '/action-log/problems/already-finished',
      title: 'The action has already finished',
      action_id: 7,
    });
  });
});

it('only the paths of the log have problems', () => {
  expect(['/action-log/v1/actions', '/action-log/'].map(hasProblems)).toEqual([true, true]);
  expect(['/v2.1/action-log/v1', '/', '/action-logs/v1'].map(hasProblems)).toEqual([false, false, false]);
});
