/** The time limits for databases, in milliseconds. They depend on each other: the spec asserts how. */
export interface TimeLimits {
  /** How long a request waits for databases, over all its queries: DATABASE_TIMEOUT. */
  readonly answer: number;
  /** How long a transaction may take, from the wait for a connection to the commit, with all its attempts. */
  readonly transaction: number;
  /** A host that answers no query for so long is probed, where another host is up; */
  readonly probeAfter: number;
  /** and where no other host is up. */
  readonly probeLastHostAfter: number;
  /** How long a host may take to respond to a probe. */
  readonly probe: number;
  /** How often a host that is down is probed. */
  readonly probeInterval: number;
  /** How long the driver may take to connect. */
  readonly connect: number;
  /** How long a pool may take to open, with the first connection. */
  readonly open: number;
  /** How long a pool may take to close gracefully. */
  readonly close: number;
  /** How long a database of Nova may work on a statement before it ends the statement. */
  readonly statement: number;
  /** A connection that is in use for so long without an answer is closed, where other connections get answers; */
  readonly overdueAfter: number;
  /** and where none does. */
  readonly overdueOnSilentHostAfter: number;
  /** How long a health check waits for the list of cells. */
  readonly cellList: number;
  /** How long connections stay open to an address that is no longer that of a cell. */
  readonly formerCell: number;
}

/** What DATABASE_TIMEOUT is by default. */
const DEFAULT = 1_800;

/** A slow database also connects slowly, so the limits grow with DATABASE_TIMEOUT; those of health checks do not. */
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

/** The deadline of all queries of a request that begins now, as of `performance.now()`. */
export function answerDeadline(): number {
  return performance.now() + limits.answer;
}
