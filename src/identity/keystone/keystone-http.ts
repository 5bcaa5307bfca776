import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import { readSmallText, shownPath, UnreadableFile } from '../../common/read-small-file.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import { MalformedResponse } from './keystone-error.js';

/** A response of Keystone, with its parsed body. */
export interface KeystoneReply {
  readonly status: number;
  readonly body: unknown;
  /** The token that Keystone has issued, from the header `X-Subject-Token`. */
  readonly subjectToken: string | undefined;
}

/**
 * The purpose of a request to Keystone: to find its v3 API, to get the service's own token, to validate a caller's
 * token.
 */
export type KeystoneRequestKind = 'discovery' | 'sign_in' | 'validation';

/** A finished request to Keystone, for the metrics. */
export interface KeystoneCall {
  readonly kind: KeystoneRequestKind;
  /** The status of the response, or `timeout`, `malformed` or `unreachable` if there was no readable response. */
  readonly outcome: number | 'timeout' | 'malformed' | 'unreachable';
  readonly seconds: number;
}

export const keystoneCalls = topic<KeystoneCall>('keystone-call');

/**
 * The maximum size of a response, in bytes. The description of a token whose catalogue has many regions has about 1 MB.
 * Parsing a response of the maximum size blocks the process for about 20 ms.
 */
const MAX_RESPONSE_SIZE = 2 * 1024 * 1024;

/** The maximum number of connections for validations. If all are in use, a validation waits for a connection. */
const VALIDATION_CONNECTIONS = 32;

/**
 * The maximum number of connections for discovery and sign-in. They are separate from the connections for validations,
 * so that discovery and sign-in never wait for validations.
 */
const OTHER_CONNECTIONS = 4;

/** The maximum time in which a connection must open, in milliseconds. Keystone may take longer to send a response. */
const CONNECT_TIMEOUT = 5_000;

/** The error codes that mean that Keystone has closed the connection. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * The HTTP client for Keystone. It reuses connections, and limits the duration of requests and the size of responses.
 */
export class KeystoneHttp {
  private readonly validations: Agent;
  private readonly own: Agent;

  /**
   * @param timeLimit the maximum time of a request, from the wait for a connection to the end of the response, in
   *   milliseconds
   * @param caFile a file with CA certificates in PEM format. The client trusts these certificates and Node's own, but
   *   not those in NODE_EXTRA_CA_CERTS
   */
  constructor(
    private readonly timeLimit: number,
    caFile?: string,
  ) {
    const options: Agent.Options = {
      connect: {
        timeout: Math.min(timeLimit, CONNECT_TIMEOUT),
        ...(caFile !== undefined && { ca: [...rootCertificates, readCertificates(caFile)] }),
      },
      headersTimeout: timeLimit,
      bodyTimeout: timeLimit,
      maxResponseSize: MAX_RESPONSE_SIZE,
    };
    this.validations = new Agent({ ...options, connections: VALIDATION_CONNECTIONS });
    this.own = new Agent({ ...options, connections: OTHER_CONNECTIONS });
  }

  /** @param limit the time limit of this request, in milliseconds; the default is `timeLimit` */
  get(
    kind: KeystoneRequestKind,
    url: string,
    headers: Readonly<Record<string, string>>,
    limit?: number,
  ): Promise<KeystoneReply> {
    return this.send(kind, url, { method: 'GET', headers, limit });
  }

  post(kind: KeystoneRequestKind, url: string, body: object): Promise<KeystoneReply> {
    const headers = { 'Content-Type': 'application/json' };
    return this.send(kind, url, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async close(): Promise<void> {
    await Promise.all([this.validations.destroy(), this.own.destroy()]);
  }

  private async send(kind: KeystoneRequestKind, url: string, sent: Sent): Promise<KeystoneReply> {
    const started = performance.now();
    let outcome: KeystoneCall['outcome'] = 'unreachable';
    try {
      const reply = await this.tryTwice(kind === 'validation' ? this.validations : this.own, url, sent);
      outcome = reply.status;
      return reply;
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      keystoneCalls.publish({ kind, outcome, seconds: (performance.now() - started) / 1_000 });
    }
  }

  /**
   * Sends a request. If Keystone closes the connection, sends the request once more: Keystone may have closed an idle
   * connection just when this request used it.
   */
  private async tryTwice(agent: Agent, url: string, sent: Sent): Promise<KeystoneReply> {
    const signal = AbortSignal.timeout(sent.limit ?? this.timeLimit);
    try {
      return await this.tryOnce(agent, url, sent, signal);
    } catch (error) {
      if (!CLOSED.has(errorCode(error))) throw error;
      return this.tryOnce(agent, url, sent, signal);
    }
  }

  private async tryOnce(agent: Agent, url: string, sent: Sent, signal: AbortSignal): Promise<KeystoneReply> {
    const answer = await request(url, {
      method: sent.method,
      headers: { Accept: 'application/json', 'User-Agent': 'nova-action-log', ...sent.headers },
      body: sent.body ?? null,
      dispatcher: agent,
      signal,
    });
    const text = await answer.body.text();
    const subjectToken = answer.headers['x-subject-token'];
    return {
      status: answer.statusCode,
      // The body of an error response is not parsed: it may not be JSON, and the service needs only the status.
      body: answer.statusCode < 400 && text !== '' ? parse(text) : undefined,
      subjectToken: typeof subjectToken === 'string' ? subjectToken : undefined,
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedResponse();
  }
}

function outcomeOf(error: unknown): KeystoneCall['outcome'] {
  if (error instanceof MalformedResponse) return 'malformed';
  const { name, code } = Object(error) as { name?: unknown; code?: unknown };
  const isLate = name === 'TimeoutError' || (typeof code === 'string' && code.endsWith('_TIMEOUT'));
  return isLate ? 'timeout' : 'unreachable';
}

/** The method, headers, body and time limit of a request to Keystone. */
interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly limit?: number | undefined;
}

function readCertificates(path: string): string {
  try {
    const text = readSmallText(path);
    // This statement throws if the file contains no certificate. Without this statement, the service would start with
    // such a file, and every request to Keystone would fail.
    new X509Certificate(text);
    return text;
  } catch (error) {
    const reason = error instanceof UnreadableFile ? error.message : `cannot be read: ${errorText(error)}`;
    throw new SettingsError(
      `OS_CACERT ${reason}${shownPath(path)}; for example OS_CACERT=/etc/ssl/cloud.pem`,
    );
  }
}
