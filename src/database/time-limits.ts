/** What DATABASE_TIMEOUT is by default. */
const DEFAULT = 1_800;

/** How long a caller waits for the databases, over all queries of one request, in milliseconds. */
let answer = DEFAULT;

/** Sets the time limits of this process, which all follow from DATABASE_TIMEOUT. @param timeout in milliseconds */
export function limitDatabaseTimes(timeout: number): void {
  answer = timeout;
}

/** A time that grows with DATABASE_TIMEOUT: a server that may answer slowly may also connect slowly. */
function times(share: number): number {
  return Math.round((answer * share) / DEFAULT);
}

/** Time limits towards databases, in milliseconds. */
export const timeLimits = {
  /** How long a caller waits, over all queries of one request. */
  get answer() {
    return answer;
  },
  /** After how long without an answer a host must show that it is reachable, where another host is up. */
  get suspectAfter() {
    return times(400);
  },
  /** The same for the last host that is up. */
  get suspectLastAfter() {
    return times(1_200);
  },
  /** For how long a connection may be in use without an answer, where other connections get theirs. */
  get overdueAfter() {
    return times(1_700);
  },
  /** The same where no connection gets an answer. */
  get deadAfter() {
    return times(1_000);
  },
  /** How long the pool may take for one connection. */
  get connect() {
    return times(1_500);
  },
  /** How long the first connection to a host may take, with all that prepares it. */
  get firstConnection() {
    return times(3_000);
  },
  /** How long the database server itself may work on one query; a little more than a caller waits. */
  get statement() {
    return answer + 200;
  },
};
