import { request } from 'node:http';
import { personaTokens, type RunningService } from './service.js';

/** A response to a request that writes. */
export interface WriteAnswer {
  readonly status: number;
  /** The parsed JSON; the text of a body that is not JSON. */
  readonly body: unknown;
  readonly requestId: string;
}

/** Sends a request as a persona. @param path below `/v2.1/` @param body sent as JSON, unless it is undefined */
export async function send(
  { url }: Pick<RunningService, 'url'>,
  persona: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<WriteAnswer> {
  const response = await fetch(`${url}/v2.1/${path}`, {
    method,
    headers: headersOf(persona),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: parsed(text),
    requestId: response.headers.get('X-OpenStack-Request-Id') ?? '',
  };
}

/**
 * Sends a request as `send`, but closes the connection before it reads the response.
 *
 * @param moment `finish`: as soon as the request is sent; `response`: when the response arrives
 */
export function sendAndLose(
  { url }: Pick<RunningService, 'url'>,
  moment: 'finish' | 'response',
  persona: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<void> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { ...headersOf(persona), 'Content-Length': Buffer.byteLength(text) };
  return new Promise((resolve) => {
    const sent = request(`${url}/v2.1/${path}`, { method, headers, agent: false });
    sent.on('error', () => undefined);
    sent.on('close', resolve);
    sent.once(moment, () => sent.destroy());
    sent.end(text);
  });
}

function headersOf(persona: string): Record<string, string> {
  return {
    'X-Auth-Token': personaTokens[persona] ?? '',
    'OpenStack-API-Version': 'compute 2.73',
    'Content-Type': 'application/json',
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
