import { personas } from '../../conformance/cases.js';
import type { OutgoingRequest } from '../../conformance/request-sender.js';
import { randomQuery } from './nova-queries.js';
import type { RandomRows, RandomServer } from '../nova/rows.js';
import type { Random } from '../random.js';

/** A request, and the user that sends it. */
export interface NovaRequest extends OutgoingRequest {
  /** A user of the recorded requests. `garbage` sends an invalid token, `empty` an empty token, and null no token. */
  readonly persona: string | null;
}

/**
 * Minor versions of the API: those in which the API of server actions changed, and those shortly before and after them.
 */
const MINORS_NEAR_CHANGES = [1, 20, 21, 50, 51, 57, 58, 61, 62, 65, 66, 74, 75, 83, 84, 92, 93];

/** Invalid microversions, and microversions in an unusual format that Nova accepts. */
const ODD_VERSIONS = [
  '2.0',
  '1.1',
  '0.0',
  '3.0',
  '2.999',
  '2.104',
  '2',
  '2.',
  '.2',
  '2.01',
  '2.1.1',
  '2,1',
  'v2.1',
  '-2.1',
  '+2.1',
  ' 2.60 ',
  '٢.٦٠',
  'Latest',
  'latest ',
  'newest',
  '',
  '2.1\t',
  '2.60;q=1',
  '02.60',
  '2.9999999999',
];

const METHODS = ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

const OTHER_PATHS = [
  '/',
  '/v2.1',
  '/v2.1/',
  '/v2',
  '/v2/',
  '/v3',
  '/v2.1/unknown',
  '/v2.1/servers/x/os-unknown',
  '/v2.10/servers',
];

/** A generator of random requests for the actions of servers. Some of the requests are malformed. */
export class RandomNovaRequests {
  private readonly byKind: readonly (readonly RandomServer[])[];

  constructor(
    private readonly random: Random,
    rows: RandomRows,
  ) {
    const kinds = [...new Set(rows.servers.map(({ kind }) => kind))];
    this.byKind = kinds.map((kind) => rows.servers.filter((server) => server.kind === kind));
  }

  next(): NovaRequest {
    const { random } = this;
    const server = random.pick(random.pick(this.byKind));
    const persona = this.persona(server);
    const isList = random.chance(0.55);
    const path = random.chance(0.02) ? random.pick(OTHER_PATHS) : this.path(server, persona, isList);
    const query = random.chance(isList ? 0.65 : 0.15) ? randomQuery(random, this.requestIds(server)) : '';
    return {
      persona,
      method: random.chance(0.03) ? random.pick(METHODS) : 'GET',
      path: path + query,
      headers: { ...this.version(isList), ...this.accept() },
      body: undefined,
    };
  }

  /** Returns the name of a random user. Most of the users may read the actions of the server. */
  private persona({ projectId }: RandomServer): string | null {
    const { random } = this;
    const names = Object.keys(personas);
    const own = names.filter((name) => personas[name]?.project_id === projectId);
    return random.weighted<string | null>([
      [50, own.length > 0 ? random.pick(own) : 'admin'],
      [20, 'admin'],
      [25, random.pick(names)],
      [2, null],
      [2, 'garbage'],
      [1, 'empty'],
    ]);
  }

  private path(server: RandomServer, persona: string | null, isList: boolean): string {
    const { random } = this;
    const parts = [random.chance(0.75) ? 'v2.1' : 'v2'];
    if (random.chance(0.3)) parts.push(this.projectInPath(personas[persona ?? '']?.project_id ?? null));
    parts.push('servers', this.serverInPath(server), 'os-instance-actions');
    if (!isList) parts.push(this.requestIdInPath(server));
    const path = `/${parts.join('/')}`;
    return random.weighted([
      [96, path],
      [1, `${path}/`],
      [1, path.replace('/servers', '//servers')],
      [1, `${path}.json`],
      [1, path.replace('os-instance', 'os%2Dinstance')],
    ]);
  }

  private projectInPath(own: string | null): string {
    const { random } = this;
    const other = random.pick(Object.values(personas)).project_id ?? 'none';
    return random.weighted([
      [75, own ?? other],
      [18, other],
      [3, (own ?? other).toUpperCase()],
      [2, 'not-a-project'],
      [2, random.hex(32)],
    ]);
  }

  private serverInPath({ uuid }: RandomServer): string {
    const { random } = this;
    return random.weighted([
      [85, uuid],
      [4, random.uuid()],
      [3, uuid.toUpperCase()],
      [1, uuid.replaceAll('-', '')],
      [1, `%7B${uuid}%7D`],
      [1, `urn:uuid:${uuid}`],
      [1, `${uuid}%20`],
      [1, '1'],
      [1, 'gr%C3%B6%C3%9Fe'],
      [1, uuid.slice(1)],
    ]);
  }

  private requestIdInPath(server: RandomServer): string {
    const { random } = this;
    const known = random.pick(this.requestIds(server));
    return random.weighted([
      [85, encodeURIComponent(known)],
      [3, encodeURIComponent(known.toUpperCase())],
      [2, `${encodeURIComponent(known)}%20`],
      [4, `req-${random.uuid()}`],
      [2, 'gr%C3%B6%C3%9Fe'],
      [1, '%ff%fe'],
      [1, encodeURIComponent('<b>"\'&')],
      [1, `${encodeURIComponent(known)}~1`],
      [1, 'x'.repeat(300)],
    ]);
  }

  private requestIds(server: RandomServer): readonly string[] {
    return server.requestIds.length > 0 ? server.requestIds : [`req-${this.random.uuid()}`];
  }

  private version(isList: boolean): Record<string, string> {
    const { random } = this;
    const good = `2.${random.weighted([
      [4, () => random.pick(MINORS_NEAR_CHANGES)],
      [1, () => random.int(1, 93)],
      // From microversion 2.58 on, the list of actions reads its query string. So requests for lists use these versions
      // more often.
      [isList ? 5 : 1, () => random.int(58, 93)],
    ])()}`;
    const other = `2.${random.pick(MINORS_NEAR_CHANGES)}`;
    return random.weighted<() => Record<string, string>>([
      [6, () => ({})],
      [60, () => ({ 'OpenStack-API-Version': `compute ${good}` })],
      [14, () => ({ 'X-OpenStack-Nova-API-Version': good })],
      [3, () => ({ 'OpenStack-API-Version': `compute ${good}`, 'X-OpenStack-Nova-API-Version': other })],
      [2, () => ({ 'OpenStack-API-Version': `volume 3.59, compute ${good}` })],
      [1, () => ({ 'OpenStack-API-Version': `compute ${other}, compute ${good}` })],
      [1, () => ({ 'OpenStack-API-Version': `volume 3.59` })],
      [1, () => ({ 'OpenStack-API-Version': `COMPUTE   ${good}` })],
      [1, () => ({ 'OpenStack-API-Version': good })],
      [2, () => ({ 'OpenStack-API-Version': 'compute latest' })],
      [1, () => ({ 'X-OpenStack-Nova-API-Version': 'latest' })],
      [1, () => ({ 'OpenStack-API-Version': `compute 2.${random.int(94, 103)}` })],
      [4, () => ({ 'OpenStack-API-Version': `compute ${utf8AsLatin1(random.pick(ODD_VERSIONS))}` })],
      [2, () => ({ 'X-OpenStack-Nova-API-Version': utf8AsLatin1(random.pick(ODD_VERSIONS)) })],
    ])();
  }

  private accept(): Record<string, string> {
    return this.random.weighted<Record<string, string>>([
      [90, {}],
      [5, { Accept: 'application/json' }],
      [2, { Accept: '*/*' }],
      // Nova returns errors as HTML to this header. With `text/html` alone, the service would return its own web page
      // at `/`, so the header also contains JSON.
      [1, { Accept: 'text/html, application/json' }],
      [1, { Accept: 'application/xml' }],
      [1, { Accept: 'text/plain;q=0.5, application/json;q=0.1' }],
    ]);
  }
}

/** Encodes a text so that Node sends its UTF-8 bytes. Node encodes the values of headers as Latin-1. */
function utf8AsLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
