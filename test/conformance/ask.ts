import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { ReceivedAnswer } from './compare.js';

/** A request as it goes out. */
export interface Question {
  readonly method: string;
  /** Sent byte for byte: `//`, `%zz` and a trailing `?` stay what they are. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/**
 * Asks one server over kept-alive connections. On `node:http` itself, because `fetch` and its like tidy up the path
 * and add headers of their own, both of which the cases are about.
 */
export class Asker {
  private readonly agent: HttpAgent;
  private readonly base: URL;

  /**
   * @param timeLimit how long the other side may be silent, in milliseconds
   * @param attempts how often a request is sent whose kept connection was closed before there was an answer
   * @param localAddress the address that the requests come from
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

  /** Sends a request and reads the whole answer. */
  async ask(question: Question): Promise<ReceivedAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const request = this.send(question);
      let response: IncomingMessage;
      try {
        [response] = (await once(request, 'response')) as [IncomingMessage];
      } catch (error) {
        // The server may close an idle connection just when it is taken up again: no answer to this request.
        const isReset = (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        if (!isReset || !request.reusedSocket || attempt >= this.attempts) throw error;
        continue;
      }
      // From here on the response reports what goes wrong; an error of the request's own must not end the process.
      request.on('error', () => undefined);
      return await readAnswer(response);
    }
  }

  /** Closes the connections. */
  close(): void {
    this.agent.destroy();
  }

  private send({ method, path, headers, body }: Question): ClientRequest {
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
    request.once('timeout', () => request.destroy(new Error(`no answer within ${this.timeLimit} ms`)));
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
