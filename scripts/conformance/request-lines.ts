import { type ConformanceRequest, type Json, personas } from '../../test/conformance/cases.js';
import { canBeSent, TOKENLESS, type Tokens } from '../../test/conformance/requests.js';
import { errorText } from '../../src/common/error-text.js';
import { readText, UsageError } from '../shared/console.js';

type Check = (value: unknown) => string | undefined;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const name: Check = (value) => (isText(value) ? undefined : 'is not a non-empty string');

/**
 * The fields of a line with a request, and a check for each. A check returns undefined for a valid value, otherwise a
 * text that describes the problem.
 */
const FIELDS: Readonly<Record<string, Check>> = {
  id: name,
  group: name,
  persona: (value) =>
    value === null || isText(value) ? unknownPersona(value) : 'is neither a string nor null',
  method: (value) => (isText(value) && /^[A-Z]+$/.test(value) ? undefined : 'is not a method such as GET'),
  path: (value) =>
    isText(value) && /^\/[!-~]*$/.test(value) ? undefined : 'must begin with / and be percent-encoded',
  headers: wrongHeaders,
  body: () => undefined,
};

/** Further fields, which are ignored. A line that was copied from an earlier recording has them. */
const RECORDED_FIELDS = ['answer', 'policy'];

/**
 * Reads requests from a file, one on each line.
 *
 * @param file `-` for standard input
 * @throws UsageError that lists every invalid line
 */
export function readRequests(file: string, tokens: Tokens): ConformanceRequest[] {
  const lines = readText(file).split('\n');
  const wrong: string[] = [];
  const requests = new Map<string, ConformanceRequest>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    try {
      const request = requestOf(line);
      if (requests.has(request.id)) throw new UsageError(`the id ${request.id} occurs twice`);
      if (!canBeSent(request, tokens)) throw new UsageError(`no token is given for ${request.persona ?? ''}`);
      requests.set(request.id, request);
    } catch (error) {
      wrong.push(`${file}:${index + 1}: ${errorText(error)}`);
    }
  }
  if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  if (requests.size === 0) throw new UsageError(`${file}: contains no request`);
  return [...requests.values()];
}

function requestOf(line: string): ConformanceRequest {
  const content: unknown = JSON.parse(line);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new UsageError('not a JSON object');
  }
  const given = new Map<string, unknown>(Object.entries(content));
  for (const [field, check] of Object.entries(FIELDS)) {
    const fault = given.has(field) ? check(given.get(field)) : 'is missing';
    if (fault !== undefined) throw new UsageError(`"${field}" ${fault}`);
  }
  const unknown = [...given.keys()].find(
    (field) => !Object.hasOwn(FIELDS, field) && !RECORDED_FIELDS.includes(field),
  );
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is an unknown field`);
  const policy = given.has('policy') ? ['policy'] : [];
  const fields = [...Object.keys(FIELDS), ...policy];
  return Object.fromEntries(
    fields.map((field) => [field, given.get(field) as Json]),
  ) as object as ConformanceRequest;
}

function unknownPersona(persona: string | null): string | undefined {
  const known = [...Object.keys(personas), ...TOKENLESS.keys()];
  if (persona === null || known.includes(persona)) return undefined;
  return `is unknown: ${persona}; the personas are ${known.join(', ')}, and null`;
}

/**
 * Returns the problem of a request's headers. Headers with tokens are not allowed, because the recording would contain
 * the tokens.
 */
function wrongHeaders(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return 'is not an object';
  const entries: [string, unknown][] = Object.entries(headers);
  const odd = entries.find(([, value]) => typeof value !== 'string')?.[0];
  if (odd !== undefined) return `needs a string for ${odd}`;
  const secret = entries.find(([header]) =>
    /^(x-(auth|service|subject)-token|authorization)$/i.test(header),
  )?.[0];
  return secret === undefined ? undefined : `contains ${secret}; pass tokens with --tokens`;
}
