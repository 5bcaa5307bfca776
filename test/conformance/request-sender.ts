import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ReceivedAnswer } from './compare.js';

/** A request in the form in which the client sends it. */
export interface OutgoingRequest {
  readonly method: string;
  /** The path is sent byte for byte, even if it contains `//` or `%zz` or ends with `?`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/**
 * A client that sends requests to one server and keeps its connections open. It uses `node:http`, because `fetch` would
 * normalise the path and add headers, but the recorded cases test unusual paths and headers.
 */
export class RequestSender {
  private readonly agent: HttpAgent;
  private readonly base: URL;

  /**
   * @param timeLimit the time without data from the server after which a request fails, in milliseconds
   * @param attempts the maximum number of times that a request is sent if the server closes a kept-alive connection
   *   before it responds
   * @param localAddress the source address of the connections
   */
  constructor(
    baseUrl: string,
    connections: number,
    private readonly timeLimit = 30_000,
    private readonly attempts = 3,
    localAddress?: string,
  ) {
    this.base = new URL(baseUrl);
    const options = {
      keepAlive: true,
      maxSockets: connections,
      ...(localAddress !== undefined && { localAddress }),
    };
    this.agent = this.base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends a request and reads the whole response. */
  async send(outgoing: OutgoingRequest): Promise<ReceivedAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const request = this.start(outgoing);
      let response: IncomingMessage;
      try {
        [response] = (await once(request, 'response')) as [IncomingMessage];
      } catch (error) {
        // A server may close an idle connection just when this client sends a request over it. Such a request gets no
        // response, so the client sends it again.
        const isReset = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (!isReset || !request.reusedSocket || attempt >= this.attempts) throw error;
        continue;
      }
      // From here on, the response reports the errors of the connection. The request may emit such an error too, and an
      // `error` event without a listener would terminate the process.
      request.on('error', () => undefined);
      return await readAnswer(response);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private start({ method, path, headers, body }: OutgoingRequest): ClientRequest {
    const send = this.base.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      agent: this.agent,
      hostname: this.base.hostname.replace(/^\[|\]$/g, ''),
      port: this.base.port,
      method,
      path: this.base.pathname.replace(/\/+$/, '') + path,
      headers: { Host: this.base.host, ...headers },
      timeout: this.timeLimit,
    });
    request.once('timeout', () => request.destroy(new Error(`no response within ${this.timeLimit} ms`)));
    request.end(body);
    return request;
  }
}

async function readAnswer(response: IncomingMessage): Promise<ReceivedAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const received = Object.entries(response.headersDistinct);
  return {
    status: response.statusCode ?? 0,
    headers: new Map(received.map(([name, values]) => [name, (values ?? []).join(', ')])),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
