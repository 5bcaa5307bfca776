import { BadRequest, NotAcceptable } from '../fault/faults.js';
import { Microversion, NEWEST_MICROVERSION, OLDEST_MICROVERSION } from './microversion.js';

/** The version header of all OpenStack services, with a value such as `compute 2.51`. */
export const VERSION_HEADER = 'OpenStack-API-Version';
/** Nova's older version header, with a value such as `2.51`. */
export const LEGACY_VERSION_HEADER = 'X-OpenStack-Nova-API-Version';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The characters that Python's `str.strip()` and `str.split()` treat as white space and that a header can contain. */
const WHITE_SPACE = ' \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0';

/**
 * Returns the version that the headers of a request specify. The version may be one that the service does not support.
 *
 * @throws BadRequest if the text is not a version
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

/**
 * Checks that a version is supported.
 *
 * @throws NotAcceptable for a version outside the supported range
 */
export function checkSupported(version: Microversion): void {
  if (!version.atLeast(OLDEST_MICROVERSION) || !NEWEST_MICROVERSION.atLeast(version)) {
    throw notSupported(version);
  }
}

/** Returns the fault for a version outside the supported range. */
export function notSupported(version: Microversion): NotAcceptable {
  return new NotAcceptable(
    `Version ${version} is not supported by the API. Minimum is ${OLDEST_MICROVERSION} and maximum is ${NEWEST_MICROVERSION}.`,
  );
}

/**
 * Returns the version from `OpenStack-API-Version`. The header may contain entries for several services; the last entry
 * for `compute` is used.
 */
function fromVersionHeader(headers: Headers): string | undefined {
  for (const entry of headerText(headers, VERSION_HEADER)?.split(',').reverse() ?? []) {
    const text = trim(entry);
    const end = [...text].findIndex((character) => WHITE_SPACE.includes(character));
    if (end > 0 && text.slice(0, end).toLowerCase() === 'compute') return trim(text.slice(end));
  }
  return undefined;
}

/** Returns the version from Nova's older header. The last of several values is used. */
function fromLegacyHeader(headers: Headers): string | undefined {
  const last = headerText(headers, LEGACY_VERSION_HEADER)?.split(',').at(-1);
  return last === undefined ? undefined : trim(last);
}

/**
 * Removes white space at both ends. It uses no regular expression, because an expression for white space at the end
 * needs quadratic time if the text contains much white space.
 */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.includes(text.charAt(start))) start += 1;
  while (end > start && WHITE_SPACE.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Returns a header's value. Repeated headers are joined by commas. */
function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(',') : value;
}
