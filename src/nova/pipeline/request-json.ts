import type { FastifyRequest } from 'fastify';
import { BodyInterrupted, readBody } from '../../common/http/read-body.js';
import { BadRequest, RequestTooLarge } from '../fault/faults.js';
import { ValidationFailed } from '../fault/validation-failed.js';
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
  return jsonOf(readBody(raw));
}

/**
 * Reads the body of an `ApiRoute` as JSON, also without a Content-Length.
 *
 * @param maxLength the maximum number of bytes
 * @throws ValidationFailed without a body; RequestTooLarge if the body is too large; BadRequest as `readJson`
 */
export async function readApiJson({ raw }: FastifyRequest, maxLength: number): Promise<PythonValue> {
  return jsonOf(
    readBody(raw, maxLength).then((body) => {
      if (body === undefined) throw new RequestTooLarge();
      if (body.length === 0)
        throw new ValidationFailed([{ pointer: '', detail: 'the body is empty; send a JSON object' }]);
      return body;
    }),
  );
}

async function jsonOf(body: Promise<Buffer>): Promise<PythonValue> {
  try {
    return parsePythonJson(textOf(await body));
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
