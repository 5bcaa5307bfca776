/** The time limits for databases, in milliseconds. `time-limits.spec.ts` checks how they relate to each other. */
export interface TimeLimits {
  /** The total time that one request waits for databases, over all its queries: DATABASE_TIMEOUT. */
  readonly answer: number;
  /** The maximum duration of a transaction, from the wait for a connection to the commit, including all attempts. */
  readonly transaction: number;
  /** The time without a response after which a host is probed, if another host is up. */
  readonly probeAfter: number;
  /** The time without a response after which a host is probed, if no other host is up. */
  readonly probeLastHostAfter: number;
  /** The maximum time for the response to a probe. */
  readonly probe: number;
  /** The pause between two probes of a host that is down. */
  readonly probeInterval: number;
  /** The maximum time in which the driver connects. */
  readonly connect: number;
  /** The maximum time in which a pool opens its first connection. */
  readonly open: number;
  /** The maximum time of a graceful close of a pool. */
  readonly close: number;
  /** The time after which a database of Nova itself stops a statement. */
  readonly statement: number;
  /** The time without a response after which a connection is closed, if other connections receive responses. */
  readonly overdueAfter: number;
  /** The time without a response after which a connection is closed, if no connection receives a response. */
  readonly overdueOnSilentHostAfter: number;
  /** The maximum time that a health check waits for the list of cells. */
  readonly cellList: number;
  /** The time for which the old connections stay open after a cell was removed or got a new address. */
  readonly formerCell: number;
}

/** The default of DATABASE_TIMEOUT. */
const DEFAULT = 1_800;

/** Returns the limits for a DATABASE_TIMEOUT. They grow with it, because a slow database also connects slowly. */
function limitsFor(answer: number): TimeLimits {
  const grown = (time: number): number => Math.round((time * answer) / DEFAULT);
  return {
    answer,
    transaction: grown(5_000),
    probeAfter: grown(400),
    probeLastHostAfter: grown(1_200),
    probe: 450,
    probeInterval: 500,
    connect: grown(1_500),
    open: grown(3_000),
    close: 1_000,
    statement: answer + 200,
    overdueAfter: grown(1_700),
    overdueOnSilentHostAfter: grown(1_000),
    cellList: 450,
    formerCell: grown(5_000),
  };
}

let limits = limitsFor(DEFAULT);

/** Sets the limits of this process. @param timeout DATABASE_TIMEOUT, in milliseconds */
export function setDatabaseTimeLimits(timeout: number): void {
  limits = limitsFor(timeout);
}

export function timeLimits(): TimeLimits {
  return limits;
}

/** Returns the deadline for all queries of a request that begins now, on the clock of `performance.now()`. */
export function answerDeadline(): number {
  return performance.now() + limits.answer;
}
