import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Somebody who means no good, until told to stop. */
export class Attacker {
  private readonly sockets = new Set<Socket>();
  private readonly over = new AbortController();
  /** How many connections it has made. */
  connections = 0;

  /** @param address the one that its connections come from */
  constructor(
    readonly url: string,
    private readonly address: string,
  ) {
    // Each pause listens for the end.
    setMaxListeners(0, this.over.signal);
  }

  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  /** How many of its connections are open. */
  get open(): number {
    return this.sockets.size;
  }

  /** Does something over and over, so many times at once. */
  async repeat(atOnce: number, attack: () => Promise<unknown>): Promise<void> {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (!this.isOver) {
          await attack();
          await this.pause(1);
        }
      }),
    );
  }

  /** Makes a connection, which nobody reads until it is resumed. @returns one that is closed, where none can be made */
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

  /** Sends bytes over a connection of its own, reads nothing for some time, and resets the connection. */
  async sendUnread(bytes: string, ms: number): Promise<void> {
    const socket = await this.connect();
    socket.write(bytes, 'latin1');
    await this.closed(socket, ms);
    socket.destroy();
  }

  /** Sends bytes over a connection of its own, and reads what comes until the end. */
  async sendAndRead(bytes: string, ms: number): Promise<void> {
    const socket = await this.connect();
    socket.resume();
    socket.write(bytes, 'latin1');
    await this.closed(socket, ms);
    socket.destroy();
  }

  /** Waits until the other side closes a connection, but no longer than so. */
  async closed(socket: Socket, ms: number): Promise<void> {
    if (!socket.closed) await Promise.race([once(socket, 'close').catch(() => undefined), this.pause(ms)]);
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.over.signal }).catch(() => undefined);
  }

  /** Closes all connections. */
  stop(): void {
    this.over.abort();
    for (const socket of this.sockets) socket.destroy();
  }
}
