import type { IncomingMessage } from 'node:http';

/** The error when the client closes the connection before the end of a request body. */
export class BodyInterrupted extends Error {
  constructor(cause: unknown) {
    super('the client closed the connection before the end of the body', { cause });
  }
}

/**
 * Reads the whole body of a request.
 *
 * @param maxLength the maximum number of bytes; by default unlimited, because a hook has already limited the
 *   Content-Length
 * @returns undefined if the body is longer; the rest of it is discarded
 * @throws BodyInterrupted if the connection closes before the end of the body
 */
export async function readBody(request: IncomingMessage): Promise<Buffer>;
export async function readBody(request: IncomingMessage, maxLength: number): Promise<Buffer | undefined>;
export async function readBody(request: IncomingMessage, maxLength = Infinity): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // With the default of this option, an early end would close the connection before the response.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += (chunk as Buffer).length;
      if (length > maxLength) break;
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw new BodyInterrupted(error);
  }
  if (length <= maxLength) return Buffer.concat(chunks);
  request.resume();
  return undefined;
}
