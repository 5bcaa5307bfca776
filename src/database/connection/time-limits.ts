/** The time limits of the work with databases, in milliseconds. They only work together: the spec asserts how. */
export interface TimeLimits {
  /** How long a request waits for databases, over all that it asks them: DATABASE_TIMEOUT. */
  readonly answer: number;
  /** How long a transaction may take, from the wait for a connection to the commit, with all its attempts. */
  readonly transaction: number;
  /** A host that answers nobody for so long is probed, where another host could answer; */
  readonly suspect: number;
  /** and where no other host is up. */
  readonly suspectLast: number;
  /** How long a host may take to respond to a probe. */
  readonly probe: number;
  /** How often a host that is down is probed. */
  readonly probeInterval: number;
  /** How long the driver may take to connect. */
  readonly connect: number;
  /** How long a pool may take to open, with the first connection. */
  readonly open: number;
  /** How long a pool may take to close in order. */
  readonly close: number;
  /** How long a database of Nova may work on a statement: it ends those that no request waits for. */
  readonly statement: number;
  /** A connection that is in use for so long without an answer is closed, where other connections get theirs; */
  readonly overdue: number;
  /** and where none does. */
  readonly dead: number;
  /** How long a health check waits for the list of cells. */
  readonly cellList: number;
  /** After which time the connections to an address that is no longer a cell's are closed. */
  readonly formerCell: number;
}

/** What DATABASE_TIMEOUT is by default. */
const DEFAULT = 1_800;

/** A server that may answer slowly may also connect slowly, so limits grow with DATABASE_TIMEOUT; health checks do not wait. */
function limitsFor(answer: number): TimeLimits {
  const grown = (time: number): number => Math.round((time * answer) / DEFAULT);
  return {
    answer,
    transaction: grown(5_000),
    suspect: grown(400),
    suspectLast: grown(1_200),
    probe: 450,
    probeInterval: 500,
    connect: grown(1_500),
    open: grown(3_000),
    close: 1_000,
    statement: answer + 200,
    overdue: grown(1_700),
    dead: grown(1_000),
    cellList: 450,
    formerCell: grown(5_000),
  };
}

let limits = limitsFor(DEFAULT);

/** Sets the limits of this process. @param timeout DATABASE_TIMEOUT, in milliseconds */
export function limitDatabaseTimes(timeout: number): void {
  limits = limitsFor(timeout);
}

export function timeLimits(): TimeLimits {
  return limits;
}

/** The moment, as of `performance.now()`, by which databases must have answered all that a request asks that begins now. */
export function answerDeadline(): number {
  return performance.now() + limits.answer;
}
