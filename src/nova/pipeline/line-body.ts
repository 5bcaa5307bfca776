import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { declareLongBody } from '../../common/http/long-body.js';
import { declareLong } from '../../common/http/long-response.js';
import { BodyInterrupted } from '../../common/http/read-body.js';
import { OtherFault, ServiceUnavailable, UnsupportedMediaType } from '../fault/faults.js';
import { InvalidLine } from '../fault/invalid-line.js';
import type { BodyLine } from '../route/api-features.js';
import { LINES_TYPE } from '../route/documented-body.js';

/** The maximum length of a line, in bytes. */
const MAX_LINE_LENGTH = 1_048_576;

const LINE_FEED = 10;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws UnsupportedMediaType unless the body of a request consists of lines */
export function checkLinesType({ headers }: FastifyRequest): void {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== LINES_TYPE) throw new UnsupportedMediaType();
}

/**
 * Reads the lines of a body, each when the handler is ready for it. Leaves out empty lines. If the handler stops early,
 * the rest of the body is discarded.
 *
 * @param timeout the time within which the client must send the next part of the body, in milliseconds
 * @throws InvalidLine for a line that is too long or not UTF-8
 * @throws the errors of `readChunks`
 */
export async function* readLines(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  timeout: number,
): AsyncGenerator<BodyLine, void> {
  let number = 1;
  let start: Buffer[] = [];
  let length = 0;
  for await (const chunk of readChunks(raw, reply, timeout)) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      checkLength(number, length + at - from);
      const text = textOf(number, Buffer.concat([...start, chunk.subarray(from, at)]));
      if (text.trim() !== '') yield { number, text };
      [number, start, length, from] = [number + 1, [], 0, at + 1];
    }
    start.push(chunk.subarray(from));
    length += chunk.length - from;
    checkLength(number, length);
  }
  const text = textOf(number, Buffer.concat(start));
  if (text.trim() !== '') yield { number, text };
}

function checkLength(number: number, length: number): void {
  if (length > MAX_LINE_LENGTH) throw new InvalidLine(number, `has more than ${MAX_LINE_LENGTH} bytes`);
}

function textOf(number: number, bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new InvalidLine(number, 'is not UTF-8');
  }
}

/**
 * Reads the parts of a body. A request whose body is read in this way counts as long: see `declareLong`.
 *
 * @throws OtherFault with the status 408 if the next part does not arrive in time
 * @throws ServiceUnavailable if the service shuts down
 * @throws BodyInterrupted if the client closes the connection before the end of the body
 */
async function* readChunks(
  request: IncomingMessage,
  reply: FastifyReply,
  timeout: number,
): AsyncGenerator<Buffer, void> {
  declareLongBody(request);
  const shutdown = new AbortController();
  declareLong(reply, () => {
    shutdown.abort(new ServiceUnavailable());
  });
  // With the default of this option, an early end would close the connection before the response.
  const chunks = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const part = await nextOf(chunks, shutdown.signal, timeout);
      if (part.done === true) return;
      yield part.value as Buffer;
    }
  } finally {
    void chunks.return?.().then(
      () => request.resume(),
      () => undefined,
    );
  }
}

function nextOf(
  chunks: AsyncIterator<unknown>,
  shutdown: AbortSignal,
  timeout: number,
): Promise<IteratorResult<unknown>> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(shutdown.reason as Error);
    };
    if (shutdown.aborted) stop();
    shutdown.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => {
      reject(new OtherFault(408, 'The request took too long to arrive.'));
    }, timeout);
    const settle = (): void => {
      clearTimeout(timer);
      shutdown.removeEventListener('abort', stop);
    };
    chunks
      .next()
      .then(resolve, (error: unknown) => {
        reject(new BodyInterrupted(error));
      })
      .finally(settle);
  });
}
