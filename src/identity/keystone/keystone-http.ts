import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { Agent, request } from 'undici';
import { errorCode } from '../../common/error-code.js';
import { errorText } from '../../common/error-text.js';
import { readSmallText, shownPath, UnreadableFile } from '../../common/read-small-file.js';
import { topic } from '../../common/topic.js';
import { SettingsError } from '../../config/settings-error.js';
import { MalformedResponse } from './keystone-error.js';

/** Keystone's answer, its body parsed. */
export interface KeystoneReply {
  readonly status: number;
  readonly body: unknown;
  /** The token that was issued. */
  readonly subjectToken: string | undefined;
}

/** The requests to Keystone: for its versions, for a token of our own, or to validate a caller's token. */
export type KeystoneRequestKind = 'discovery' | 'sign_in' | 'validation';

/** A call that was made. */
export interface KeystoneCall {
  readonly kind: KeystoneRequestKind;
  /** The status of its answer; `timeout`, `malformed` or `unreachable` where there was none that could be read. */
  readonly outcome: number | 'timeout' | 'malformed' | 'unreachable';
  readonly seconds: number;
}

export const keystoneCalls = topic<KeystoneCall>('keystone-call');

/**
 * Larger answers are refused, in bytes. A token with a catalogue of many regions has about 1 MB. Reading this much
 * takes some 20 ms, in which the process answers no other request.
 */
const MAX_RESPONSE_SIZE = 2 * 1024 * 1024;

/** How many validations are at Keystone at once; the others wait for a connection. */
const VALIDATION_CONNECTIONS = 32;

/** For discovery and sign-in, which never wait for validations. */
const OTHER_CONNECTIONS = 4;

/** How long a connection may take, in milliseconds, however slow Keystone is to answer. */
const CONNECT_TIMEOUT = 5_000;

/** The errors of a connection that the other end has closed. */
const CLOSED: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** HTTP to Keystone: kept connections, one time limit for the whole of an exchange, a bounded answer. */
export class KeystoneHttp {
  private readonly validations: Agent;
  private readonly own: Agent;

  /**
   * @param timeLimit for an exchange, the wait for a connection included, in milliseconds
   * @param caFile certificates to trust beside Node's own, in PEM; those of NODE_EXTRA_CA_CERTS count without it alone
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

  /** @param limit in milliseconds, where it is another one than for all */
  get(
    kind: KeystoneRequestKind,
    url: string,
    headers: Readonly<Record<string, string>>,
    limit?: number,
  ): Promise<KeystoneReply> {
    return this.exchange(kind, url, { method: 'GET', headers, limit });
  }

  post(kind: KeystoneRequestKind, url: string, body: object): Promise<KeystoneReply> {
    const headers = { 'Content-Type': 'application/json' };
    return this.exchange(kind, url, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async close(): Promise<void> {
    await Promise.all([this.validations.destroy(), this.own.destroy()]);
  }

  private async exchange(kind: KeystoneRequestKind, url: string, sent: Sent): Promise<KeystoneReply> {
    const asked = performance.now();
    let outcome: KeystoneCall['outcome'] = 'unreachable';
    try {
      const reply = await this.tryTwice(kind === 'validation' ? this.validations : this.own, url, sent);
      outcome = reply.status;
      return reply;
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      keystoneCalls.publish({ kind, outcome, seconds: (performance.now() - asked) / 1_000 });
    }
  }

  /** A kept connection may have been closed at the other end just now; that is worth one more try, no more. */
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
      // Of a refusal only the status counts, and its body may be of any form.
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

/** What goes out to Keystone. */
interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly limit?: number | undefined;
}

function readCertificates(path: string): string {
  try {
    const text = readSmallText(path);
    // Where there is none in it, nothing would be said until Keystone is asked.
    new X509Certificate(text);
    return text;
  } catch (error) {
    const reason = error instanceof UnreadableFile ? error.message : `cannot be read: ${errorText(error)}`;
    throw new SettingsError(
      `OS_CACERT ${reason}${shownPath(path)}; for example OS_CACERT=/etc/ssl/cloud.pem`,
    );
  }
}
