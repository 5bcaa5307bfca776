import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port before another one: passes connections on, until a test lets it fall silent or refuse them. */
export class Relay {
  private readonly open = new Set<Socket>();
  private mode: 'passing' | 'silent' | 'refusing' = 'passing';

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
    /** The port behind it. */
    public target: number,
  ) {}

  /** @param target the port behind it; may be set later */
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

  /** How many bytes have come from behind it. */
  bytes = 0;

  /** How many connections have been accepted since the beginning. */
  accepted = 0;

  /** As when a machine is gone without a word: nothing comes back any more, on old and on new connections. */
  fallSilent(): void {
    this.mode = 'silent';
    this.freeze();
  }

  /** Falls silent on the connections that are open, and on no others. */
  freeze(): void {
    for (const socket of this.open) socket.unpipe().pause();
  }

  /** Freezes once a text has gone through: it arrives, and no answer to it comes back. */
  freezeAfter(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.watched = (data) => {
        if (!data.includes(text)) return;
        this.freeze();
        resolve();
      };
    });
  }

  private watched: (data: Buffer) => void = () => undefined;

  /** As when the server behind it has ended: connections are cut, and new ones refused. */
  async refuse(): Promise<void> {
    this.mode = 'refusing';
    const closed = once(this.server, 'close');
    this.close();
    await closed;
  }

  /** Passes on again what comes from now on. */
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
