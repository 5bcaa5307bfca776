import type { FastifyRequest } from 'fastify';
import { BodyInterrupted, readBody } from '../../common/http/read-body.js';
import { BadRequest } from '../fault/faults.js';
import { parsePythonJson, type PythonValue } from '../python/json.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the body of a request as JSON.
 *
 * @returns undefined without a body, and for a body without a Content-Length, which Nova ignores
 * @throws BadRequest if the body is not JSON in UTF-8
 */
export async function readJson({ raw }: FastifyRequest): Promise<PythonValue | undefined> {
  if (Number(raw.headers['content-length'] ?? 0) === 0) return undefined;
  try {
    return parsePythonJson(textOf(await readBody(raw)));
  } catch (error) {
    // A client that has closed its connection cannot read the response. Only the access log contains it.
    if (error instanceof SyntaxError || error instanceof BodyInterrupted) throw malformedBody();
    throw error;
  }
}

/** @throws BadRequest if the bytes are not UTF-8 */
function textOf(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw malformedBody();
  }
}

/** Returns Nova's fault for a body that it cannot read. */
export function malformedBody(): BadRequest {
  return new BadRequest('Malformed request body');
}
