import { topic } from '../../common/topic.js';

/** What arrived and is no request, or too large a one. */
export interface ClientError {
  readonly address: string | undefined;
  /** Of the answer. */
  readonly status: number;
  /** Of its body, in bytes. */
  readonly length: number;
  readonly requestId: string;
  /** Node's word for what is wrong. */
  readonly code: string | undefined;
}

export const clientErrors = topic<ClientError>('client-error');
