import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setDatabaseTimeLimits, type TimeLimits, timeLimits } from './time-limits.js';

afterEach(() => {
  setDatabaseTimeLimits(1_800);
});

it('the time limits of databases grow with DATABASE_TIMEOUT, but the limits of health checks do not', () => {
  const { answer, probeAfter, statement, probe } = timeLimits();
  expect({ answer, probeAfter, statement, probe }).toEqual({
    answer: 1_800,
    probeAfter: 400,
    statement: 2_000,
    probe: 450,
  });
  setDatabaseTimeLimits(18_000);
  expect(timeLimits()).toMatchObject({ answer: 18_000, probeAfter: 4_000, statement: 18_200, probe: 450 });
});

describe.each([1_800, 5_000, 60_000])('with DATABASE_TIMEOUT=%s, the time limits of databases', (timeout) => {
  let limits: TimeLimits;

  beforeEach(() => {
    setDatabaseTimeLimits(timeout);
    limits = timeLimits();
  });

  it("if the first database host does not respond, half of the request's time limit remains for the next host", () => {
    expect(limits.probeAfter + limits.probe).toBeLessThan(limits.answer / 2);
  });

  it('the time limits of databases let the service detect that the last host is down before the deadline of a request', () => {
    expect(limits.probeLastHostAfter + limits.probe).toBeLessThan(limits.answer);
  });

  it('the time limits of databases make the driver stop connecting before the waiting request and the pool time out', () => {
    expect(limits.connect).toBeLessThan(limits.answer);
    expect(limits.connect).toBeLessThan(limits.open);
  });

  it('the service closes a database connection that does not respond before the waiting request times out', () => {
    expect(limits.overdueOnSilentHostAfter).toBeLessThan(limits.overdueAfter);
    expect(limits.overdueAfter).toBeLessThan(limits.answer);
  });

  it("the time limits of databases make Nova's database stop a statement within a second after the deadline of its request", () => {
    expect(limits.statement).toBeGreaterThan(limits.answer);
    expect(limits.statement - limits.answer).toBeLessThan(1_000);
  });

  it('the connections of a removed cell stay open for longer than any request can need them', () => {
    expect(limits.formerCell).toBeGreaterThan(limits.answer);
  });

  it('the time limits of databases let a health check respond within a second', () => {
    expect(limits.cellList + limits.probe).toBeLessThan(1_000);
  });

  it("if the first database host is down, half of the transaction's time limit remains for the next host", () => {
    expect(limits.probeLastHostAfter + limits.probe).toBeLessThan(limits.transaction / 2);
  });
});
