import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A client that attacks the service. `stop()` ends the attacks. */
export class Attacker {
  private readonly sockets = new Set<Socket>();
  private readonly aborter = new AbortController();
  /** The number of connections that the client has opened so far. */
  connections = 0;

  /** @param address the source address of the client's connections */
  constructor(
    readonly url: string,
    private readonly address: string,
  ) {
    // Each pause adds a listener to the abort signal. Without this line, Node would warn about too many listeners.
    setMaxListeners(0, this.aborter.signal);
  }

  get isOver(): boolean {
    return this.aborter.signal.aborted;
  }

  /** The number of connections that are open now. */
  get open(): number {
    return this.sockets.size;
  }

  /** Repeats an attack until `stop()` is called. @param concurrency how many attacks run at the same time */
  async repeat(concurrency: number, attack: () => Promise<unknown>): Promise<void> {
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (!this.isOver) {
          await attack();
          await this.pause(1);
        }
      }),
    );
  }

  /** Opens a connection and does not read from it. @returns a closed socket if the service rejects the connection */
  async connect(allowHalfOpen = false): Promise<Socket> {
    const { hostname, port } = new URL(this.url);
    const socket = connect({ host: hostname, port: Number(port), localAddress: this.address, allowHalfOpen });
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    if (this.isOver) socket.destroy();
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    return socket;
  }

  /** Sends bytes over a new connection, reads no response for `ms` milliseconds, and closes the connection. */
  async sendUnread(bytes: string, ms: number): Promise<void> {
    const socket = await this.connect();
    socket.write(bytes, 'latin1');
    await this.closed(socket, ms);
    socket.destroy();
  }

  /**
   * Sends bytes over a new connection, and reads the responses until the service closes the connection, but for at most
   * `ms` milliseconds.
   */
  async sendAndRead(bytes: string, ms: number): Promise<void> {
    const socket = await this.connect();
    socket.resume();
    socket.write(bytes, 'latin1');
    await this.closed(socket, ms);
    socket.destroy();
  }

  /** Waits until the connection is closed, but for at most `ms` milliseconds. */
  async closed(socket: Socket, ms: number): Promise<void> {
    if (!socket.closed) await Promise.race([once(socket, 'close').catch(() => undefined), this.pause(ms)]);
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.aborter.signal }).catch(() => undefined);
  }

  /** Ends the attacks, and closes their connections. */
  stop(): void {
    this.aborter.abort();
    for (const socket of this.sockets) socket.destroy();
  }
}
