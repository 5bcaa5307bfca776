import { BadRequest, NotAcceptable } from '../fault/faults.js';
import { Microversion, NEWEST_MICROVERSION, OLDEST_MICROVERSION } from './microversion.js';

/** The header of all OpenStack services, `compute 2.51`, and Nova's own older one, `2.51`. */
export const VERSION_HEADER = 'OpenStack-API-Version';
export const LEGACY_VERSION_HEADER = 'X-OpenStack-Nova-API-Version';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** White space as Python sees it in a header: more than HTTP's. */
const WHITE = ' \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0';

/**
 * The version that a request asks for, by the headers alone. It may be one that is not supported.
 *
 * @throws BadRequest for a text that is no version
 */
export function requestedVersion(headers: Headers): Microversion {
  const text = fromVersionHeader(headers) ?? fromLegacyHeader(headers);
  if (text === undefined) return OLDEST_MICROVERSION;
  if (text === 'latest') return NEWEST_MICROVERSION;
  const version = Microversion.parse(text);
  if (version === undefined) {
    throw new BadRequest(
      `API Version String ${text} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  }
  return version;
}

/** @throws NotAcceptable for a version outside the supported range */
export function checkSupported(version: Microversion): void {
  if (!version.atLeast(OLDEST_MICROVERSION) || !NEWEST_MICROVERSION.atLeast(version)) {
    throw notSupported(version);
  }
}

/** The fault that answers a version outside the supported range. */
export function notSupported(version: Microversion): NotAcceptable {
  return new NotAcceptable(
    `Version ${version} is not supported by the API. Minimum is ${OLDEST_MICROVERSION} and maximum is ${NEWEST_MICROVERSION}.`,
  );
}

/** Several services may stand in one header; of several entries for this one, the last counts. */
function fromVersionHeader(headers: Headers): string | undefined {
  for (const entry of folded(headers, VERSION_HEADER)?.split(',').reverse() ?? []) {
    const text = trim(entry);
    const end = [...text].findIndex((character) => WHITE.includes(character));
    if (end > 0 && text.slice(0, end).toLowerCase() === 'compute') return trim(text.slice(end));
  }
  return undefined;
}

function fromLegacyHeader(headers: Headers): string | undefined {
  const last = folded(headers, LEGACY_VERSION_HEADER)?.split(',').at(-1);
  return last === undefined ? undefined : trim(last);
}

/** By hand: a regular expression for the end of a text tries again at every white space within it. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE.includes(text.charAt(start))) start += 1;
  while (end > start && WHITE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function folded(headers: Headers, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(',') : value;
}
