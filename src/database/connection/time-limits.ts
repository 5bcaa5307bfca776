/**
 * The time limits for databases, in milliseconds. `time-limits.spec.ts` checks their order, for example that a probe
 * takes less time than a request.
 */
export interface TimeLimits {
  /** The total time that one request waits for databases, for all its queries together: DATABASE_TIMEOUT. */
  readonly answer: number;
  /** The maximum duration of a transaction, including all attempts and the wait for a connection. */
  readonly transaction: number;
  /**
   * If a host sends no response for this time, the service probes the host. This limit applies while another host of
   * the database is up.
   */
  readonly probeAfter: number;
  /**
   * If a host sends no response for this time, the service probes the host. This limit applies while no other host of
   * the database is up.
   */
  readonly probeLastHostAfter: number;
  /** The maximum time in which a host must respond to a probe. */
  readonly probe: number;
  /** The time between two probes of a host that is down. */
  readonly probeInterval: number;
  /** The maximum time in which the driver must open one connection. */
  readonly connect: number;
  /** The maximum time in which a pool must open its first connection. */
  readonly open: number;
  /** The maximum time that closing a pool waits for the queries in progress. */
  readonly close: number;
  /** The time after which the servers of Nova's databases stop a statement. */
  readonly statement: number;
  /**
   * If a query waits for longer than this time, the service may close its connection. This limit applies while the host
   * responds to other queries.
   */
  readonly overdueAfter: number;
  /**
   * If a query waits for longer than this time, the service may close its connection. This limit applies while the host
   * responds to no query.
   */
  readonly overdueOnSilentHostAfter: number;
  /** The maximum time that a health check waits for the list of cells. */
  readonly cellList: number;
  /**
   * The time for which the connections to a cell's database stay open after Nova removed the cell or changed the
   * address of its database.
   */
  readonly formerCell: number;
}

/** The default of DATABASE_TIMEOUT, in milliseconds. */
const DEFAULT = 1_800;

/**
 * Returns the limits for a DATABASE_TIMEOUT. Most limits grow in proportion to it, because a slow database also
 * connects slowly.
 */
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

/** Sets the time limits of this process. @param timeout the setting DATABASE_TIMEOUT, in milliseconds */
export function setDatabaseTimeLimits(timeout: number): void {
  limits = limitsFor(timeout);
}

export function timeLimits(): TimeLimits {
  return limits;
}

/**
 * Returns the deadline of a request that begins now, on the clock of `performance.now()`. It applies to all queries of
 * the request.
 */
export function answerDeadline(): number {
  return performance.now() + limits.answer;
}
