import { Agent, type IncomingMessage, request } from 'node:http';

/** The results of all requests that the clients sent. */
export interface LoadCounts {
  /** The number of responses with status 200 and the expected body. */
  correct: number;
  /** The number of responses with `Connection: close`. */
  lastOnConnection: number;
  /** The number of requests that were not sent because the service refused the connection. */
  refused: number;
  /** The results that are neither correct nor refused, each as `status body` or `code: message`. */
  readonly wrong: string[];
}

/**
 * Clients that send the same request repeatedly. Each client has one connection, and sends the next request after each
 * response.
 */
export class SteadyLoad {
  readonly counts: LoadCounts = { correct: 0, lastOnConnection: 0, refused: 0, wrong: [] };
  private readonly agent: Agent;
  private isOver = false;
  private readonly clients: Promise<void>[];

  /**
   * @param expected the body of a correct response
   * @param connections the number of clients; each has one connection
   * @param reconnects returns true if a client should open a new connection after a response with `Connection: close`
   */
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly expected: string,
    connections: number,
    private readonly reconnects: () => boolean,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.clients = Array.from({ length: connections }, () => this.client());
  }

  /**
   * Waits until all clients have finished.
   *
   * @param stopsNow true if each client finishes after its current request; otherwise a client finishes when its
   *   connection is closed
   */
  async end(stopsNow: boolean): Promise<LoadCounts> {
    this.isOver = stopsNow;
    await Promise.all(this.clients);
    this.agent.destroy();
    return this.counts;
  }

  private async client(): Promise<void> {
    while (!this.isOver) {
      const answer = await this.send();
      if (answer === undefined) return;
      if (answer.headers.connection !== 'close') continue;
      this.counts.lastOnConnection += 1;
      if (!this.reconnects()) return;
    }
  }

  /** Sends a request and counts the result. @returns undefined if the client received no response */
  private async send(): Promise<IncomingMessage | undefined> {
    try {
      const [answer, body] = await this.exchange();
      if (answer.statusCode === 200 && body === this.expected) this.counts.correct += 1;
      else this.counts.wrong.push(`${answer.statusCode} ${body}`);
      return answer;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ECONNREFUSED') this.counts.refused += 1;
      else this.counts.wrong.push(`${code}: ${message}`);
      return undefined;
    }
  }

  private exchange(): Promise<[IncomingMessage, string]> {
    return new Promise((resolve, reject) => {
      const outgoing = request(this.url, { agent: this.agent, headers: { 'X-Auth-Token': this.token } });
      outgoing.once('error', reject).once('response', (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.once('end', () => {
          resolve([answer, body]);
        });
        answer.once('error', reject);
      });
      outgoing.setTimeout(60_000, () => outgoing.destroy(new Error('no response within 60 seconds'))).end();
    });
  }
}
