import { trimEnd } from '../../common/trim-end.js';
import { KeystoneError } from './keystone-error.js';
import type { KeystoneHttp } from './keystone-http.js';

/** A version that a document names. */
interface NamedVersion {
  readonly id: string;
  /** The address that Keystone gives it. */
  readonly link: string | undefined;
}

/** An address with a version at its end. */
const VERSIONED = /^(\w+:\/\/[^/]+(?:\/.*)?)\/v\d+(?:\.\d+)?$/i;

/**
 * The address of Keystone's v3 API, by what an address says of itself: as keystoneauth finds it, with or without a
 * version, and also where it ends in another version than v3.
 *
 * @param limit for each request, in milliseconds; that of `http` without it
 * @throws KeystoneError where Keystone answers, but names no v3
 * @throws Error where Keystone does not answer
 */
export async function findV3(http: KeystoneHttp, url: string, limit?: number): Promise<string> {
  const read = (address: string): Promise<NamedVersion[] | KeystoneError> => versionsAt(http, address, limit);
  let failure = new KeystoneError(`there is no Keystone v3 at ${url}`);
  for (const document of documentsOf(trimEnd(url, '/'))) {
    const versions = await read(document);
    if (versions instanceof KeystoneError) failure = versions;
    else {
      const v3 = versions.find(({ id }) => id.startsWith('v3'));
      if (v3 !== undefined) return addressOf(v3, trimEnd(document, '/'), read);
    }
  }
  throw failure;
}

/**
 * `/v3` below the document, unless there is none and Keystone names another path. Behind a proxy Keystone's own links
 * may name a host or a path that does not work from here, so they come second.
 */
async function addressOf(
  v3: NamedVersion,
  base: string,
  read: (address: string) => Promise<NamedVersion[] | KeystoneError>,
): Promise<string> {
  if (endsInV3(base)) return base;
  const usual = `${base}/v3`;
  const linked = linkedAddress(v3, base);
  if (linked === undefined || linked === usual) return usual;
  return (await read(usual)) instanceof KeystoneError ? linked : usual;
}

/** Whether an address names v3 itself. */
export function endsInV3(url: string): boolean {
  return trimEnd(url, '/').endsWith('/v3');
}

/** An address without the version at its end. */
export function withoutVersion(url: string): string {
  const base = trimEnd(url, '/');
  return VERSIONED.exec(base)?.[1] ?? base;
}

/** Where a version document may be, the likeliest first. Another version's address is only looked at last. */
function documentsOf(base: string): string[] {
  const parent = withoutVersion(base);
  const unversioned = new URL(parent).pathname === '/' ? [`${parent}/`] : [`${parent}/`, parent];
  if (parent === base) return unversioned;
  return endsInV3(base) ? [base, `${base}/`, ...unversioned] : [...unversioned, base];
}

/** The versions that the document at an address names, or why there are none to be read. */
async function versionsAt(
  http: KeystoneHttp,
  address: string,
  limit: number | undefined,
): Promise<NamedVersion[] | KeystoneError> {
  try {
    const { status, body } = await http.get('discovery', address, {}, limit);
    if (status === 200 || status === 300) return namedVersions(body);
    return new KeystoneError(`Keystone answers ${status} to discovery`);
  } catch (error) {
    if (error instanceof KeystoneError) return error;
    throw error;
  }
}

/** Where a link of a document on the same host leads. The document's own scheme counts. */
function linkedAddress({ link }: NamedVersion, base: string): string | undefined {
  if (link === undefined || !URL.canParse(link, `${base}/`)) return undefined;
  const { host, pathname } = new URL(link, `${base}/`);
  const own = new URL(base);
  return host === own.host ? trimEnd(`${own.origin}${pathname}`, '/') : undefined;
}

/** The versions that a document names, whether it is of one version or of all. */
function namedVersions(body: unknown): NamedVersion[] {
  const { version, versions } = Object(body) as { version?: unknown; versions?: unknown };
  const all = Array.isArray(versions) ? versions : (Object(versions) as { values?: unknown }).values;
  const values: unknown = version === undefined ? all : [version];
  return (Array.isArray(values) ? values : []).flatMap((value: unknown) => {
    const { id, links } = Object(value) as { id?: unknown; links?: unknown };
    if (typeof id !== 'string') return [];
    const self = (Array.isArray(links) ? (links as { rel?: unknown; href?: unknown }[]) : []).find(
      (each) => (Object(each) as { rel?: unknown }).rel === 'self',
    );
    return [{ id, link: typeof self?.href === 'string' ? self.href : undefined }];
  });
}
