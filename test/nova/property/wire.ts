import { once } from 'node:events';
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { buffer as readBuffer, text as readText } from 'node:stream/consumers';

/** A request as it is sent. Each character of its texts represents one byte. */
export interface SentRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

/** A response that has been received completely. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

const RESPONSE_TIMEOUT_MS = 15_000;

/** Sends a request exactly as given, over one of the agent's connections. */
export async function send(agent: Agent, port: string, one: SentRequest): Promise<ReceivedResponse> {
  for (let attempt = 1; ; attempt += 1) {
    // Some bodies are sent in chunks, others with a Content-Length. The choice depends only on the request, so that
    // fast-check can reproduce a failure.
    const chunked = one.body !== undefined && one.body.length % 2 === 1;
    const length = one.body === undefined ? [] : ['Content-Length', String(one.body.length)];
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      method: one.method,
      path: one.target,
      headers: [...one.headers.flat(), ...(chunked ? ['Transfer-Encoding', 'chunked'] : length)],
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    try {
      outgoing.end(one.body === undefined ? undefined : Buffer.from(one.body, 'latin1'));
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      outgoing.on('error', () => undefined);
      const received = await readBuffer(incoming);
      const { statusCode: status = 0, headers } = incoming;
      return { status, headers, body: received, text: received.toString('utf8') };
    } catch (error) {
      // Sometimes the service closes an idle connection just when the agent uses it. The request then gets no response
      // and is sent again.
      const reset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
      if (!reset || !outgoing.reusedSocket || attempt === 3) throw error;
    }
  }
}

/** Sends bytes. @returns all bytes received until the service closes the connection */
export async function sendBytes(port: string, bytes: string): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1');
  const timer = setTimeout(() => socket.destroy(new Error('the connection stays open')), RESPONSE_TIMEOUT_MS);
  try {
    socket.write(Buffer.from(bytes, 'latin1'));
    return await readText(socket);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
