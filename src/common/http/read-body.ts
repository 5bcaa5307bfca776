import type { IncomingMessage } from 'node:http';

/** The error when the client closes the connection before the end of a request body. */
export class BodyInterrupted extends Error {
  constructor(cause: unknown) {
    super('the client closed the connection before the end of the body', { cause });
  }
}

/**
 * Reads the whole body of a request, whose Content-Length a hook has already limited.
 *
 * @throws BodyInterrupted if the connection closes before the end of the body
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch (error) {
    throw new BodyInterrupted(error);
  }
  return Buffer.concat(chunks);
}
