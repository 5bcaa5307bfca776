import type { ConformanceCase } from '../../conformance/cases.js';
import { BUSY_MACHINE_MARGIN } from '../../support/time/in-time.js';
import { compareAnswers, type ReceivedAnswer } from '../../conformance/compare.js';
import type { Refusal } from './refusals.js';

/**
 * The maximum response time, in milliseconds. The service responds within 1,800 ms even during a fault; the rest is a
 * reserve for a busy machine.
 */
export const MAX_RESPONSE_TIME = 2_000 + BUSY_MACHINE_MARGIN;
/** The maximum response time for hundreds of simultaneous requests, in milliseconds. */
export const MAX_RESPONSE_TIME_IN_CROWD = 2 * MAX_RESPONSE_TIME;
/** The maximum number of wrong responses for which a description is stored. */
const MAX_DESCRIBED = 10;

/** The numbers of responses: `asked` is the sum of `right`, `refused` and `other`. */
export interface Counts {
  readonly asked: number;
  readonly right: number;
  readonly refused: number;
  readonly other: number;
  /** The longest response time, in milliseconds. */
  readonly slowest: number;
}

/** Counts correct responses (`right`), errors that the fault may cause (`refused`) and wrong responses (`other`). */
export class Tally {
  private readonly sums = { asked: 0, right: 0, refused: 0, other: 0, slowest: 0 };
  readonly wrongs: string[] = [];
  /** The time of the last response that was not `right`, from `performance.now()`. */
  lastNotRight = 0;

  get counts(): Counts {
    return { ...this.sums };
  }

  /**
   * Compares a response with the recorded answer, and counts it.
   *
   * @param sentAt the time of the request, from `performance.now()`
   */
  judge(
    one: ConformanceCase,
    answer: ReceivedAnswer,
    sentAt: number,
    {
      base,
      refusals = [],
      maxResponseTime,
    }: { base: string; refusals?: readonly Refusal[]; maxResponseTime?: number },
  ): void {
    const differences = compareAnswers(one.answer, answer, { base });
    if (differences.length === 0) this.add('right', sentAt, maxResponseTime);
    else if (refusals.some((isRefusal) => isRefusal(answer, one.method)))
      this.add('refused', sentAt, maxResponseTime);
    else this.wrong(sentAt, `${nameOf(one)}: ${differences.join('; ')}; ${answer.body.slice(0, 300)}`);
  }

  /** Counts a response. If it took longer than the maximum response time, it counts as wrong. */
  add(verdict: 'right' | 'refused', sentAt: number, maxResponseTime = MAX_RESPONSE_TIME): void {
    const took = performance.now() - sentAt;
    if (took > maxResponseTime) this.wrong(sentAt, `${verdict}, after ${Math.round(took)} ms`);
    else this.count(verdict, sentAt);
  }

  /** Counts a wrong response, and stores its description. */
  wrong(sentAt: number, description: string): void {
    if (this.wrongs.length < MAX_DESCRIBED) this.wrongs.push(description);
    this.count('other', sentAt);
  }

  private count(verdict: 'right' | 'refused' | 'other', sentAt: number): void {
    const now = performance.now();
    this.sums.asked += 1;
    this.sums[verdict] += 1;
    this.sums.slowest = Math.max(this.sums.slowest, now - sentAt);
    if (verdict !== 'right') this.lastNotRight = now;
  }
}

/** Returns the id, method and path of a recorded case, for error messages. */
export function nameOf({ id, method, path }: ConformanceCase): string {
  return `${id} ${method} ${path}`;
}
