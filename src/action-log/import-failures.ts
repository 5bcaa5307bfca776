import { Conflict, ServiceUnavailable } from '../nova/fault/faults.js';
import type { ProblemKind } from '../nova/fault/problem-kind.js';

/** A database or the service became unavailable in the middle of an import. */
export class ImportInterrupted extends ServiceUnavailable {
  override readonly problem: ProblemKind;

  /** @param keptLines the number of the last line that the store has @param cause the error to log, if any */
  constructor(keptLines: number, cause?: unknown) {
    super();
    this.cause = cause;
    this.problem = {
      ...{ slug: 'unavailable', title: 'The service is temporarily unavailable' },
      members: { kept_lines: keptLines },
    };
  }
}

/** Between the lines that the store has and the first line of the request, there are lines that the store lacks. */
export class LinesMissing extends Conflict {
  override readonly problem: ProblemKind;

  /** @param nextLine the number of the line with which the import must continue */
  constructor(nextLine: number) {
    super(`The store does not have the lines before this request. Continue with line ${nextLine}.`);
    this.problem = {
      ...{ slug: 'lines-missing', title: 'Lines of the import are missing' },
      members: { next_line: nextLine },
    };
  }
}
