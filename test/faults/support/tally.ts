import type { ConformanceCase } from '../../conformance/cases.js';
import { BUSY } from '../../support/time/in-time.js';
import { compareAnswers, type ReceivedAnswer } from '../../conformance/compare.js';
import type { Refusal } from './refusals.js';

/** How long an answer may take, in milliseconds: the service's own limit is 1,800, the rest is for a busy machine. */
export const MAX_RESPONSE_TIME = 2_000 + BUSY;
/** How long it may take where hundreds come at once, who all take their turn at making and reading it. */
export const MAX_RESPONSE_TIME_IN_CROWD = 2 * MAX_RESPONSE_TIME;
/** Of what went wrong so much is told. */
const TOLD = 10;

/** What became of the questions: `asked` = `right` + `refused` + `other`. */
export interface Counts {
  readonly asked: number;
  readonly right: number;
  readonly refused: number;
  readonly other: number;
  /** In milliseconds. */
  readonly slowest: number;
}

/** Counts answers: right ones, defined refusals, and whatever else must not be. */
export class Tally {
  private readonly sums = { asked: 0, right: 0, refused: 0, other: 0, slowest: 0 };
  /** What was neither right nor a defined refusal: the first ones. */
  readonly wrongs: string[] = [];
  /** When the last answer came that was not right, as of `performance.now()`. */
  lastNotRight = 0;

  get counts(): Counts {
    return { ...this.sums };
  }

  /** Judges the answer to a recorded question. @param asked when, as of `performance.now()` */
  judge(
    one: ConformanceCase,
    answer: ReceivedAnswer,
    asked: number,
    { base, refusals = [], within }: { base: string; refusals?: readonly Refusal[]; within?: number },
  ): void {
    const differences = compareAnswers(one.answer, answer, { base });
    if (differences.length === 0) this.add('right', asked, within);
    else if (refusals.some((isRefusal) => isRefusal(answer, one.method))) this.add('refused', asked, within);
    else this.wrong(asked, `${nameOf(one)}: ${differences.join('; ')}; ${answer.body.slice(0, 300)}`);
  }

  /** Counts an answer as what it is, or as wrong where it came too late. */
  add(verdict: 'right' | 'refused', asked: number, within = MAX_RESPONSE_TIME): void {
    const took = performance.now() - asked;
    if (took > within) this.wrong(asked, `${verdict}, after ${Math.round(took)} ms`);
    else this.count(verdict, asked);
  }

  /** Counts what must not be. */
  wrong(asked: number, how: string): void {
    if (this.wrongs.length < TOLD) this.wrongs.push(how);
    this.count('other', asked);
  }

  private count(verdict: 'right' | 'refused' | 'other', asked: number): void {
    const now = performance.now();
    this.sums.asked += 1;
    this.sums[verdict] += 1;
    this.sums.slowest = Math.max(this.sums.slowest, now - asked);
    if (verdict !== 'right') this.lastNotRight = now;
  }
}

/** A recorded question, for whoever reads what went wrong. */
export function nameOf({ id, method, path }: ConformanceCase): string {
  return `${id} ${method} ${path}`;
}
