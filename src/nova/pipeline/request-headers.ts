import type { IncomingHttpHeaders } from 'node:http';
import { type RequestProblem, ValidationFailed } from '../fault/validation-failed.js';
import type { HeaderInfo } from '../route/api-features.js';

/**
 * Checks the declared headers of a request.
 *
 * @param given the headers of the request, with names in lower case
 * @returns the values of those that the request has, by the names in the declaration
 * @throws ValidationFailed with all problems of the headers
 */
export function readHeaders(
  declared: Readonly<Record<string, HeaderInfo>>,
  given: IncomingHttpHeaders,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const problems: RequestProblem[] = [];
  for (const [header, { pattern }] of Object.entries(declared)) {
    // Node joins the values of a repeated header with a comma and a space.
    const value = given[header.toLowerCase()]?.toString();
    if (value === undefined) continue;
    if (matchesWhole(pattern, value)) values[header] = value;
    else problems.push({ header, detail: `the value does not match ${pattern.source}` });
  }
  if (problems.length > 0) throw new ValidationFailed(problems);
  return values;
}

function matchesWhole({ source, flags }: RegExp, value: string): boolean {
  return new RegExp(`^(?:${source})$`, flags).test(value);
}
