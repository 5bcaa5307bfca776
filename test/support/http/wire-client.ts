import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../time/until.js';

const RESPONSE_TIMEOUT_MS = 60_000;

/** The value of `error` in a response if the server has not closed the connection after 60 s. */
export const STAYS_OPEN = 'the connection stays open';

/** A response as the client received it. In all texts one character represents one byte. */
export interface WireAnswer {
  /** The status line, such as `HTTP/1.1 200 OK`. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The bytes after the headers. If the body is chunked, they include the sizes of the chunks. */
  readonly body: string;
  /** The error with which the connection closed; undefined if the server closed it without an error. */
  readonly error: string | undefined;
}

/** Returns all values of a header. @param name in lower case */
export function headerValues(message: Pick<WireAnswer, 'headers'>, name: string): string[] {
  return message.headers.flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : []));
}

/** A connection over which a test sends the bytes of requests unchanged. */
export class WireClient {
  private received = '';
  private error: string | undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (data) => (this.received += data.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
  }

  /** Opens a connection. @param localAddress the source address, in 127.0.0.0/8 */
  static async connect(url: string, localAddress = '127.0.0.1'): Promise<WireClient> {
    const { port } = new URL(url);
    const client = new WireClient(connect({ port: Number(port), host: '127.0.0.1', localAddress }));
    await once(client.socket, 'connect');
    return client;
  }

  send(bytes: string): void {
    this.socket.write(Buffer.from(bytes, 'latin1'));
  }

  /** All bytes that the client has received. */
  get text(): string {
    return this.received;
  }

  /** Waits until the client has received a text. */
  async receive(text: string): Promise<void> {
    await until(() => this.received.includes(text), `${JSON.stringify(text)} is received`);
  }

  /** Waits until the server closes the connection. @returns the first response */
  async answer(): Promise<WireAnswer> {
    const timer = setTimeout(() => this.socket.destroy(new Error(STAYS_OPEN)), RESPONSE_TIMEOUT_MS);
    // Do not use `once` from node:events: it would reject if the socket emits an error. Here an error is part of the
    // result.
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

/**
 * Sends a request unchanged, and waits until the server closes the connection.
 *
 * @param line the request line, such as `GET / HTTP/1.1`
 */
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
