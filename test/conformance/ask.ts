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

  constructor(baseUrl: string, connections: number) {
    this.base = new URL(baseUrl);
    const options = { keepAlive: true, maxSockets: connections };
    this.agent = this.base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends a request and reads the whole answer. */
  async ask(question: Question): Promise<ReceivedAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const request = this.send(question);
      try {
        return await answerTo(request);
      } catch (error) {
        // The server may close an idle connection just when it is taken up again: no answer to this request.
        const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
        if (!reset || !request.reusedSocket || attempt === 3) throw error;
      }
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
      timeout: 30_000,
    });
    request.once('timeout', () => request.destroy(new Error('no answer within 30 seconds')));
    request.end(body);
    return request;
  }
}

async function answerTo(request: ClientRequest): Promise<ReceivedAnswer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // From here on the response reports what goes wrong; an error of the request's own must not end the process.
  request.on('error', () => undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const received = Object.entries(response.headersDistinct);
  return {
    status: response.statusCode ?? 0,
    headers: new Map(received.map(([name, values]) => [name, (values ?? []).join(', ')])),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
