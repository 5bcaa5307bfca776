import type { ReceivedAnswer } from '../../conformance/compare.js';
import { MomentaryNames } from '../../conformance/conversations.js';
import { RequestSender } from '../../conformance/request-sender.js';
import { authentication, type Tokens } from '../../conformance/requests.js';
import type { NovaRequest } from '../requests/nova.js';
import { comparableAnswer } from './comparable-answers.js';
import type { PeerStore } from './peer-stores.js';

/** The URL of a peer, and the tokens of its callers. */
export interface PeerAddress {
  readonly url: string;
  readonly tokens: Tokens;
}

/** A nova-api or a service that gets the requests of a conversation. It has its own ids of groups and of requests. */
export class ConversingPeer {
  private readonly sender: RequestSender;

  /** @param names the names of the ids; two peers on the same databases share them */
  constructor(
    readonly title: string,
    private readonly address: PeerAddress,
    readonly store: PeerStore,
    readonly names = new MomentaryNames(),
  ) {
    this.sender = new RequestSender(address.url, 1);
  }

  /**
   * Sends a step, with the ids of this peer in place of their names.
   *
   * @returns the response, with names in place of the ids and of the times
   */
  async send(step: number, request: NovaRequest): Promise<ReceivedAnswer> {
    const { url, tokens } = this.address;
    const headers = { ...request.headers, ...authentication(request.persona, tokens) };
    const received = await this.sender.send({ ...request, headers, path: this.names.fill(request.path) });
    return comparableAnswer(this.names.learn(step, { save: {} }, received), url);
  }

  async close(): Promise<void> {
    this.sender.close();
    await this.store.close();
  }
}
