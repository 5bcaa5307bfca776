import { trimEnd } from '../../common/trim-end.js';
import { KeystoneError } from './keystone-error.js';
import type { KeystoneHttp } from './keystone-http.js';

/** An entry of a version document: a version of Keystone's API. */
interface NamedVersion {
  readonly id: string;
  /** The address of this version in Keystone's document. */
  readonly link: string | undefined;
}

/** The pattern of an address that ends in a version, such as `/v3`. */
const VERSIONED = /^(\w+:\/\/[^/]+(?:\/.*)?)\/v\d+(?:\.\d+)?$/i;

/**
 * Finds the address of Keystone's v3 API from Keystone's version documents, as keystoneauth does. The given address may
 * end in a version, even in one other than v3.
 *
 * @param limit the time limit of each request, in milliseconds; the default is the time limit of `http`
 * @throws KeystoneError if Keystone responds, but lists no v3
 * @throws Error if Keystone does not respond
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
 * Returns the address of the v3 API. The first choice is `/v3` after the address of the version document. If Keystone
 * has no document there, the result is the link in the version document. The link is the second choice because, behind
 * a proxy, it may contain a host or a path that the service cannot reach.
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

/** Returns true if an address ends in `/v3`. */
export function endsInV3(url: string): boolean {
  return trimEnd(url, '/').endsWith('/v3');
}

/** Returns an address without the version at its end. */
export function withoutVersion(url: string): string {
  const base = trimEnd(url, '/');
  return VERSIONED.exec(base)?.[1] ?? base;
}

/**
 * Returns the addresses at which a version document may be, the most likely address first. If the base address ends in
 * a version other than v3, that address is the last one.
 */
function documentsOf(base: string): string[] {
  const parent = withoutVersion(base);
  const unversioned = new URL(parent).pathname === '/' ? [`${parent}/`] : [`${parent}/`, parent];
  if (parent === base) return unversioned;
  return endsInV3(base) ? [base, `${base}/`, ...unversioned] : [...unversioned, base];
}

/**
 * Returns the versions in the version document at an address, or the reason why the service cannot read that document.
 */
async function versionsAt(
  http: KeystoneHttp,
  address: string,
  limit: number | undefined,
): Promise<NamedVersion[] | KeystoneError> {
  try {
    const { status, body } = await http.get('discovery', address, {}, limit);
    if (status === 200 || status === 300) return namedVersions(body);
    return new KeystoneError(`Keystone returned ${status} when the service requested its API versions`);
  } catch (error) {
    if (error instanceof KeystoneError) return error;
    throw error;
  }
}

/**
 * Returns the address in the link of a version, or undefined if the link has another host than the version document.
 * The result has the scheme of the document's address.
 */
function linkedAddress({ link }: NamedVersion, base: string): string | undefined {
  if (link === undefined || !URL.canParse(link, `${base}/`)) return undefined;
  const { host, pathname } = new URL(link, `${base}/`);
  const own = new URL(base);
  return host === own.host ? trimEnd(`${own.origin}${pathname}`, '/') : undefined;
}

/** Returns the versions in a version document, which may describe one version or list several. */
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
