import { afterEach, expect, it } from '@jest/globals';
import { answerDeadline } from './database.js';
import { limitDatabaseTimes, timeLimits } from './time-limits.js';

afterEach(() => {
  limitDatabaseTimes(1_800);
});

it('all limits towards databases grow with DATABASE_TIMEOUT', () => {
  const usual = timeLimits();
  expect(usual).toMatchObject({ answer: 1_800, suspectAfter: 400, suspectLastAfter: 1_200, connect: 1_500 });
  limitDatabaseTimes(18_000);
  const { statement, ...grown } = timeLimits();
  for (const [name, limit] of Object.entries(grown)) {
    expect([name, limit]).toEqual([name, 10 * usual[name as keyof typeof usual]]);
  }
  expect([usual.statement, statement]).toEqual([2_000, 18_200]);
  expect(answerDeadline()).toBeGreaterThan(performance.now() + 10_000);
});
