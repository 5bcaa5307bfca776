import { trimEnd } from '../../common/trim-end.js';
import { NEWEST_MICROVERSION, OLDEST_MICROVERSION } from '../microversion/microversion.js';
import { joinAddress } from '../url/links.js';

/** One version of the API, with the data that the version documents show. */
interface ApiVersion {
  readonly id: string;
  readonly root: 'v2' | 'v2.1';
  readonly status: string;
  readonly version: string;
  readonly min_version: string;
  readonly updated: string;
}

const LEGACY: ApiVersion = {
  id: 'v2.0',
  root: 'v2',
  status: 'DEPRECATED',
  version: '',
  min_version: '',
  updated: '2025-07-04T12:00:00Z',
};

const CURRENT: ApiVersion = {
  id: 'v2.1',
  root: 'v2.1',
  status: 'CURRENT',
  version: NEWEST_MICROVERSION.toString(),
  min_version: OLDEST_MICROVERSION.toString(),
  updated: '2013-07-23T11:33:21Z',
};

const VERSIONS = [LEGACY, CURRENT];

/** Returns the version document of `/`. It lists all versions, each with its address below `base`. */
export function versionList(base: string): object {
  return {
    versions: VERSIONS.map(({ id, status, version, min_version, updated, root }) => ({
      id,
      status,
      version,
      min_version,
      updated,
      links: [{ rel: 'self', href: joinAddress(base, root, '') }],
    })),
  };
}

/** Returns the version document of `/v2.1/` or `/v2/`. It describes this one version, whose address is `address`. */
export function versionDocument(which: 'v2' | 'v2.1', address: string): object {
  const { root, ...version } = which === 'v2' ? LEGACY : CURRENT;
  return {
    version: {
      ...version,
      links: [
        { rel: 'self', href: `${trimEnd(address, '/')}/` },
        { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
      ],
      'media-types': mediaTypes(root),
    },
  };
}

/**
 * Returns the version document of any other path. For each version, it contains the address of the same path in that
 * version.
 */
export function multipleChoices(base: string, path: string): object {
  return {
    choices: VERSIONS.map(({ id, status, root }) => ({
      id,
      status,
      links: [{ rel: 'self', href: joinAddress(base, root, path) }],
      'media-types': mediaTypes(root),
    })),
  };
}

function mediaTypes(root: 'v2' | 'v2.1'): object[] {
  const version = root === 'v2' ? '2' : '2.1';
  return [{ base: 'application/json', type: `application/vnd.openstack.compute+json;version=${version}` }];
}
