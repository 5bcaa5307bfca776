/** Time limits towards databases, in milliseconds. */
export interface TimeLimits {
  /** How long a caller waits, over all queries of one request. */
  readonly answer: number;
  /** After how long without an answer a host must show that it is reachable, where another host is up. */
  readonly suspectAfter: number;
  /** The same for the last host that is up. */
  readonly suspectLastAfter: number;
  /** For how long a connection may be in use without an answer, where other connections get theirs. */
  readonly overdueAfter: number;
  /** The same where no connection gets an answer. */
  readonly deadAfter: number;
  /** How long the pool may take for one connection. */
  readonly connect: number;
  /** How long the first connection to a host may take, with all that prepares it. */
  readonly firstConnection: number;
  /** How long the database server itself may work on one query; a little more than a caller waits. */
  readonly statement: number;
}

/** What DATABASE_TIMEOUT is by default. */
const DEFAULT = 1_800;

/** A server that may answer slowly may also connect slowly, so all limits grow with DATABASE_TIMEOUT. */
function limitsFor(answer: number): TimeLimits {
  const grown = (time: number): number => Math.round((time * answer) / DEFAULT);
  return {
    answer,
    suspectAfter: grown(400),
    suspectLastAfter: grown(1_200),
    overdueAfter: grown(1_700),
    deadAfter: grown(1_000),
    connect: grown(1_500),
    firstConnection: grown(3_000),
    statement: answer + 200,
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
