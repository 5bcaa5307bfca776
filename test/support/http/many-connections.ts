import { connect, type Socket } from 'node:net';
import { until } from '../time/until.js';

/** Connections of one client, which sends nothing. */
export class ManyConnections {
  private readonly sockets: Socket[] = [];
  private settled = 0;
  private gone = 0;

  /** @param address of the client, on loopback */
  constructor(url: string, count: number, address = '127.0.0.1') {
    const { port } = new URL(url);
    for (let made = 0; made < count; made += 1) {
      const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress: address });
      socket.once('connect', () => (this.settled += 1));
      socket.on('error', () => undefined);
      socket.once('close', () => (this.gone += 1));
      this.sockets.push(socket);
    }
  }

  /** How many of them the service holds. */
  get open(): number {
    return this.sockets.length - this.gone;
  }

  /** Waits until the service has taken or closed each of them. */
  async waitUntilOpen(count: number): Promise<void> {
    await until(
      () => this.settled + this.gone >= this.sockets.length && this.open === count,
      `${count} connections are open`,
    );
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
