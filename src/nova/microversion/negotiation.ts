import { BadRequest, NotAcceptable } from '../fault/faults.js';
import { Microversion, NEWEST, OLDEST } from './microversion.js';

/** The header of all OpenStack services, `compute 2.51`, and Nova's own older one, `2.51`. */
export const VERSION_HEADER = 'OpenStack-API-Version';
export const LEGACY_VERSION_HEADER = 'X-OpenStack-Nova-API-Version';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Python's notion of white space, which is wider than HTTP's and narrower than JavaScript's. */
const WHITE = '[\\s\\x1c-\\x1f\\x85]';
const SERVICE_AND_VERSION = new RegExp(`^${WHITE}*([^\\s]+?)${WHITE}+(.*?)${WHITE}*$`, 's');
const SURROUNDING_WHITE = new RegExp(`^${WHITE}+|${WHITE}+$`, 'g');

/**
 * The version that a request asks for, by the headers alone. It may be one that is not supported.
 *
 * @throws BadRequest for a text that is no version
 */
export function requestedVersion(headers: Headers): Microversion {
  const text = fromVersionHeader(headers) ?? fromLegacyHeader(headers);
  if (text === undefined) return OLDEST;
  if (text === 'latest') return NEWEST;
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
  if (!version.atLeast(OLDEST) || !NEWEST.atLeast(version)) {
    throw new NotAcceptable(
      `Version ${version} is not supported by the API. Minimum is ${OLDEST} and maximum is ${NEWEST}.`,
    );
  }
}

/** Several services may stand in one header; of several entries for this one, the last counts. */
function fromVersionHeader(headers: Headers): string | undefined {
  for (const entry of folded(headers, VERSION_HEADER)?.split(',').reverse() ?? []) {
    const [, service, version] = SERVICE_AND_VERSION.exec(entry) ?? [];
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return undefined;
}

function fromLegacyHeader(headers: Headers): string | undefined {
  return folded(headers, LEGACY_VERSION_HEADER)?.split(',').at(-1)?.replace(SURROUNDING_WHITE, '');
}

function folded(headers: Headers, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(',') : value;
}
