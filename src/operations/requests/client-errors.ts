import { topic } from '../../common/topic.js';

/** Input that is not a valid HTTP request, or a request that is too large, together with the service's response. */
export interface ClientError {
  readonly address: string | undefined;
  /** The status of the response. */
  readonly status: number;
  /** The length of the response body, in bytes. */
  readonly length: number;
  readonly requestId: string;
  /** The error code of Node's HTTP parser. */
  readonly code: string | undefined;
}

export const clientErrors = topic<ClientError>('client-error');
