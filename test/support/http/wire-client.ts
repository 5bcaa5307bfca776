import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../time/until.js';

const HANGS_AFTER = 60_000;

/** The error of an answer that did not end. */
export const STAYS_OPEN = 'the connection stays open';

/** An answer as it came over the wire. In all texts one character is one byte. */
export interface WireAnswer {
  /** The status line, such as `HTTP/1.1 200 OK`. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What followed the header, framing included. */
  readonly body: string;
  /** How the connection ended: undefined in order, else with which error. */
  readonly error: string | undefined;
}

/** All values of a header of an answer or a request. */
export function headerValues(message: Pick<WireAnswer, 'headers'>, name: string): string[] {
  return message.headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : []));
}

/** A connection to the service that sends and receives bytes. */
export class WireClient {
  private received = '';
  private error: string | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (data) => (this.received += data.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
  }

  /** @param localAddress the client's own address; any of 127.0.0.0/8 */
  static async connect(url: string, localAddress = '127.0.0.1'): Promise<WireClient> {
    const { port } = new URL(url);
    const client = new WireClient(connect({ port: Number(port), host: '127.0.0.1', localAddress }));
    await once(client.socket, 'connect');
    return client;
  }

  send(bytes: string): void {
    this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  /** All that came so far. */
  get text(): string {
    return this.received;
  }

  /** Waits until what came contains a text. */
  async receive(text: string): Promise<void> {
    await until(() => this.received.includes(text), `${JSON.stringify(text)} is received`);
  }

  /** Waits until the other side closes the connection. @returns the first answer that came over it */
  async answer(): Promise<WireAnswer> {
    const timer = setTimeout(() => this.socket.destroy(new Error(STAYS_OPEN)), HANGS_AFTER);
    // Not `once`, which takes an error for its own.
    if (!this.socket.closed) await new Promise((resolve) => this.socket.once('close', resolve));
    clearTimeout(timer);
    const [head = '', ...rest] = this.received.split('\r\n\r\n');
    const [line = '', ...headers] = head.split('\r\n');
    return {
      line,
      headers: headers.map((header) => [
        header.slice(0, header.indexOf(':')),
        header.slice(header.indexOf(':') + 2),
      ]),
      body: rest.join('\r\n\r\n'),
      error: this.error,
    };
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Sends a request, head and body as they are to stand, and waits for its answer and the end of the connection. */
export async function sendWireRequest(
  url: string,
  line: string,
  headers: readonly string[] = [],
  body = '',
): Promise<WireAnswer> {
  const client = await WireClient.connect(url);
  client.send(
    `${[line, 'Host: nova.example.org', ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`,
  );
  try {
    return await client.answer();
  } finally {
    client.close();
  }
}
