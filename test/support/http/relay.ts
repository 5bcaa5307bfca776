import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A TCP proxy on loopback between the service and a server (the target). A test can make it forward nothing, or reject
 * connections.
 */
export class Relay {
  private readonly open = new Set<Socket>();
  private mode: 'passing' | 'silent' | 'refusing' = 'passing';

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
    /** The port of the target. */
    public target: number,
  ) {}

  /** Starts a relay. @param target the port of the target; 0 if the test sets it later */
  static async to(target = 0): Promise<Relay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const relay = new Relay(server, (server.address() as AddressInfo).port, target);
    server.on('connection', (near: Socket) => {
      relay.accepted += 1;
      relay.pass(near, connect(relay.target, '127.0.0.1'));
    });
    return relay;
  }

  /** The number of bytes that the relay has received from the target. */
  bytes = 0;

  /** The number of connections that the relay has accepted since its start. */
  accepted = 0;

  /** Stops forwarding, on open and new connections, as if the target's machine had lost its network. */
  fallSilent(): void {
    this.mode = 'silent';
    this.freeze();
  }

  /** Stops forwarding on the connections that are open now. New connections work. */
  freeze(): void {
    for (const socket of this.open) socket.unpipe().pause();
  }

  /**
   * Waits until a client has sent a text, and then calls `freeze`. The target receives the text, but the client gets no
   * response.
   */
  freezeAfter(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.watched = (data) => {
        if (!data.includes(text)) return;
        this.watched = () => undefined;
        this.freeze();
        resolve();
      };
    });
  }

  private watched: (data: Buffer) => void = () => undefined;

  /** Closes all connections, and rejects new ones, as if the target had exited. */
  async refuse(): Promise<void> {
    this.mode = 'refusing';
    const closed = once(this.server, 'close');
    this.close();
    await closed;
  }

  /** Forwards new connections again. Connections that are frozen stay frozen. */
  async resume(): Promise<void> {
    if (this.mode === 'refusing') {
      this.server.listen(this.port, '127.0.0.1');
      await once(this.server, 'listening');
    }
    this.mode = 'passing';
  }

  close(): void {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }

  private pass(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.open.delete(from);
        to.destroy();
      });
      if (this.mode === 'passing') from.pipe(to);
    }
    near.on('data', (data: Buffer) => {
      this.watched(data);
    });
    far.on('data', (data: Buffer) => {
      this.bytes += data.length;
    });
  }
}
