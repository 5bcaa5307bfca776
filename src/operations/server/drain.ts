import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server as TlsServer } from 'node:tls';
import { Bag } from '../../common/bag.js';

/** For how long no client has heard that its connection ends, before those that are left are taken for idle; in milliseconds. */
const FAREWELL = 1_000;

/** How long listening goes on at most while new clients come and come, in milliseconds. */
const NEWCOMERS = 5_000;

/** In milliseconds. */
const LOOK_EVERY = 10;

/**
 * How often nothing may be found to have happened before nothing is taken to happen any more. In looks and not in time:
 * between two of them everything that has arrived gets its turn, however busy the process is, and one new connection.
 */
const QUIET_LOOKS = 10;

/**
 * The requests that a server has under way, and how to end it without losing one. A client cannot know that its idle
 * connection is about to be closed, and a request sent at that moment is lost. So connections stay open for a
 * while, in which every answer says that it is the last one on its connection.
 */
export class RequestsUnderWay {
  private readonly connections = new Set<Socket>();
  /** Of TLS those that a request may come over; else all. */
  private readonly agreed = new Set<Socket>();
  private readonly responses = new Bag<ServerResponse>();
  private isEnding = false;
  /** How many connections have come, and how many requests have begun or ended. */
  private arrivals = 0;
  private events = 0;

  constructor(private readonly server: Server) {
    // One listener for all responses: to make one for each costs as much as all the rest of this.
    const { forget } = this;
    const onClose = function (this: ServerResponse): void {
      forget(this);
    };
    server.prependListener('request', (_request, response: ServerResponse) => {
      if (this.isEnding) response.shouldKeepAlive = false;
      this.responses.add(response);
      this.events += 1;
      response.on('close', onClose);
    });
    // Of TLS too, with those that have not agreed on anything yet.
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      this.arrivals += 1;
      socket.once('close', () => this.connections.delete(socket));
    });
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.agreed.add(socket);
      this.events += 1;
      socket.once('close', () => {
        this.agreed.delete(socket);
        // Responses that wait behind others of the connection are not told that it closes.
        for (const response of this.responses) if (response.req.socket === socket) forget(response);
      });
    });
  }

  /**
   * Lets everything come to its end, and stops to listen.
   *
   * @param delay how long to go on before that, in milliseconds, for balancers to look elsewhere
   * @param timeLimit for requests under way after that, in milliseconds; what takes longer is cut
   * @returns how many were cut
   */
  async end(delay: number, timeLimit: number): Promise<number> {
    this.isEnding = true;
    for (const response of this.responses) response.shouldKeepAlive = false;
    const told = this.oldOnesAreTold();
    await sleep(delay);
    const deadline = performance.now() + timeLimit;
    await until(told, deadline);
    // Connections wait in the system's queue, and are reset if nobody takes them out before listening stops.
    await until(
      unchanged(() => this.arrivals),
      Math.min(deadline, performance.now() + NEWCOMERS),
    );
    this.server.close();
    const isStill = unchanged(() => this.arrivals + this.events);
    // Some never agree on TLS.
    const patience = performance.now() + FAREWELL;
    const areAgreed = (): boolean =>
      this.agreed.size >= this.connections.size || performance.now() > patience;
    const isDone = (): boolean => isStill() && areAgreed() && this.responses.size === 0;
    await until(() => isDone() || this.connections.size === 0, deadline);
    const cut = this.responses.size;
    for (const socket of this.connections) socket.destroy();
    // Each is told of its end, and logged.
    await until(() => this.responses.size === 0, performance.now() + FAREWELL);
    return cut;
  }

  /** Whether the connections that are open now have ended, all but idle ones. New ones are told with their first answer. */
  private oldOnesAreTold(): () => boolean {
    const old = new Set(this.connections);
    let lastEnd = performance.now();
    for (const socket of old) {
      socket.once('close', () => {
        old.delete(socket);
        lastEnd = performance.now();
      });
    }
    return () => old.size === 0 || performance.now() - lastEnd > FAREWELL;
  }

  private readonly forget = (response: ServerResponse): void => {
    this.responses.remove(response);
    this.events += 1;
  };
}

/** Tells, each time it is asked, whether a number has stayed the same for long enough. */
function unchanged(count: () => number): () => boolean {
  let last = count();
  let looks = 0;
  return () => {
    const now = count();
    looks = now === last ? looks + 1 : 0;
    last = now;
    return looks >= QUIET_LOOKS;
  };
}

async function until(isSo: () => boolean, deadline: number): Promise<void> {
  while (performance.now() < deadline && !isSo()) await sleep(LOOK_EVERY);
}
