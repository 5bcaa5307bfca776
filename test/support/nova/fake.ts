import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** A request as it came over the wire. In all texts one character is one byte. */
export interface WireRequest {
  /** The request line, such as `GET /v2.1/ HTTP/1.1`. */
  readonly line: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What followed the header, framing included. */
  readonly body: string;
  /** Which connection it came over, counted from 1. */
  readonly connection: number;
}

export type Responder = (socket: Socket, request: WireRequest) => void;

/** An answer as bytes; a length is told unless there is a header for it. */
export function responseBytes(status: string, headers: readonly string[] = [], body = ''): Buffer {
  const told = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header));
  const lines = [`HTTP/1.1 ${status}`, ...headers, ...(told ? [] : [`Content-Length: ${body.length}`])];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

const OK: Responder = (socket) => socket.write(responseBytes('200 OK', [], 'nova'));

/** A nova-api that records what it is sent byte by byte, and answers, or fails to, as it is told. */
export class FakeNova {
  readonly requests: WireRequest[] = [];
  /** Called for each request that is complete. */
  respond: Responder = OK;
  /** Called when a request's header is there; its body is then not waited for. */
  onHead: ((socket: Socket) => void) | undefined;
  private connections = 0;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  /** Starts to listen, at the same address as before. @returns the address */
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

  /** How many connections are open. */
  get open(): number {
    return this.sockets.size;
  }

  /** How many connections have been accepted since the beginning. */
  get accepted(): number {
    return this.connections;
  }

  /** Forgets what was recorded, and answers as at first. */
  reset(): void {
    this.requests.length = 0;
    this.respond = OK;
    this.onHead = undefined;
  }

  /** The one request that came. */
  get request(): WireRequest {
    const [request, ...more] = this.requests;
    if (request === undefined || more.length > 0) throw new Error(`${this.requests.length} requests came`);
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

/** How long the body is over the wire; undefined while it is not all there. */
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
