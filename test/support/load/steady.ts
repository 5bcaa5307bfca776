import { Agent, type IncomingMessage, request } from 'node:http';

/** What became of the requests of a load. */
export interface LoadCounts {
  /** Answered as they should be. */
  correct: number;
  /** Answers that were the last ones on their connection. */
  lastOnConnection: number;
  /** Not sent, because no connection could be made. */
  refused: number;
  /** Whatever else: each with what it was. */
  readonly wrong: string[];
}

/** Asks one question over and over on so many kept connections. */
export class SteadyLoad {
  readonly counts: LoadCounts = { correct: 0, lastOnConnection: 0, refused: 0, wrong: [] };
  private readonly agent: Agent;
  private isOver = false;
  private readonly clients: Promise<void>[];

  /**
   * @param expected the body of every answer
   * @param goesOn whether a client whose connection was ended makes another one
   */
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly expected: string,
    connections: number,
    private readonly goesOn: () => boolean,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.clients = Array.from({ length: connections }, () => this.client());
  }

  /** Waits until all clients have ended, by themselves or because they are told to. */
  async end(isToldTo: boolean): Promise<LoadCounts> {
    this.isOver = isToldTo;
    await Promise.all(this.clients);
    this.agent.destroy();
    return this.counts;
  }

  private async client(): Promise<void> {
    while (!this.isOver) {
      const answer = await this.ask();
      if (answer === undefined) return;
      if (answer.headers.connection !== 'close') continue;
      this.counts.lastOnConnection += 1;
      if (!this.goesOn()) return;
    }
  }

  /** @returns undefined where there is nobody any more */
  private async ask(): Promise<IncomingMessage | undefined> {
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
      const asked = request(this.url, { agent: this.agent, headers: { 'X-Auth-Token': this.token } });
      asked.once('error', reject).once('response', (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => (body += text));
        answer.once('end', () => {
          resolve([answer, body]);
        });
        answer.once('error', reject);
      });
      asked.setTimeout(60_000, () => asked.destroy(new Error('no answer within 60 seconds'))).end();
    });
  }
}
