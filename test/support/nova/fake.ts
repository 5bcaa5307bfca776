import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A request as the fake nova-api received it. In all texts one character represents one byte. */
export interface WireRequest {
  /** The request line, such as `GET /v2.1/ HTTP/1.1`. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The bytes after the headers. If the body is chunked, they include the sizes of the chunks. */
  readonly body: string;
  /** The number of the connection over which the request arrived. The first connection has the number 1. */
  readonly connection: number;
}

/** A function that sends the response to a request. */
export type Responder = (socket: Socket, request: WireRequest) => void;

/**
 * Returns the bytes of a response. Adds `Content-Length` if no given header describes the length or the end of the
 * body.
 */
export function responseBytes(status: string, headers: readonly string[] = [], body = ''): Buffer {
  const isFramed = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header));
  const lines = [`HTTP/1.1 ${status}`, ...headers, ...(isFramed ? [] : [`Content-Length: ${body.length}`])];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

const OK: Responder = (socket) => socket.write(responseBytes('200 OK', [], 'nova'));

/** A fake nova-api. It records each request byte by byte, and sends the responses that a test chooses. */
export class FakeNova {
  readonly requests: WireRequest[] = [];
  /** A function that is called when a request has been received completely. */
  respond: Responder = OK;
  /** A function that is called when the headers of a request have been received, in place of `respond`. */
  onHead: ((socket: Socket) => void) | undefined;
  private connections = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  /** Starts listening. After `stop` it listens on the same port as before. @returns the URL */
  async start(): Promise<string> {
    const server = createServer((socket) => {
      this.serve(socket);
    });
    this.server = server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The number of connections that are open now. */
  get open(): number {
    return this.sockets.size;
  }

  /** The number of connections that the fake has accepted since the first `start`. */
  get accepted(): number {
    return this.connections;
  }

  /** Deletes the recorded requests, and sets `respond` to its default again. */
  reset(): void {
    this.requests.length = 0;
    this.respond = OK;
    this.onHead = undefined;
  }

  /** The recorded request. @throws Error if the fake has recorded no request or more than one */
  get request(): WireRequest {
    const [request, ...more] = this.requests;
    if (request === undefined || more.length > 0)
      throw new Error(`expected one request, received ${this.requests.length}`);
    return request;
  }

  /** Stops listening, and closes all connections. */
  async stop(): Promise<void> {
    const { server } = this;
    if (!server?.listening) return;
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(server, 'close');
  }

  private serve(socket: Socket): void {
    const connection = ++this.connections;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (data) => {
      received += data.toString('latin1');
      for (;;) {
        const headEnd = received.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const [line = '', ...headerLines] = received.slice(0, headEnd).split('\r\n');
        const headers = headerLines.map((header) => {
          const colon = header.indexOf(': ');
          return [header.slice(0, colon), header.slice(colon + 2)] as const;
        });
        if (this.onHead !== undefined) {
          this.onHead(socket);
          return;
        }
        const length = bodyLength(headers, received.slice(headEnd + 4));
        if (length === undefined) return;
        const body = received.slice(headEnd + 4, headEnd + 4 + length);
        received = received.slice(headEnd + 4 + length);
        const request = { line, headers, body, connection };
        this.requests.push(request);
        this.respond(socket, request);
      }
    });
  }
}

/**
 * Returns the length of a body in bytes; undefined while the body is incomplete. The length of a chunked body includes
 * the lines that contain the chunk sizes.
 */
function bodyLength(headers: WireRequest['headers'], received: string): number | undefined {
  const value = (name: string): string | undefined =>
    headers.find(([each]) => each.toLowerCase() === name)?.[1];
  if (value('transfer-encoding') !== undefined) {
    const end = /(^|\r\n)0\r\n\r\n/.exec(received);
    return end === null ? undefined : end.index + end[0].length;
  }
  const length = Number(value('content-length') ?? 0);
  return received.length < length ? undefined : length;
}
