import { connect, type Socket } from 'node:net';
import { until } from '../time/until.js';

/** Many idle connections from one address. */
export class ManyConnections {
  private readonly sockets: Socket[] = [];
  private connected = 0;
  private closed = 0;

  /** Opens the connections. @param address the source address, in 127.0.0.0/8 */
  constructor(url: string, count: number, address = '127.0.0.1') {
    const { port } = new URL(url);
    for (let index = 0; index < count; index += 1) {
      const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: address });
      socket.once('connect', () => (this.connected += 1));
      socket.on('error', () => undefined);
      socket.once('close', () => (this.closed += 1));
      this.sockets.push(socket);
    }
  }

  /** The number of connections that are open: the service has not closed them. */
  get open(): number {
    return this.sockets.length - this.closed;
  }

  /** Waits until the service has accepted or closed each connection, and exactly `count` connections are open. */
  async waitUntilOpen(count: number): Promise<void> {
    await until(
      () => this.connected + this.closed >= this.sockets.length && this.open === count,
      `${count} connections are open`,
    );
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
