import { personas } from '../../conformance/cases.js';
import type { OutgoingRequest } from '../../conformance/request-sender.js';
import type { Random } from '../random.js';
import { randomMinor, writeHeaders } from './write-headers.js';
import { disturbed, randomAction, randomGroup, randomJson } from './write-bodies.js';
import type { NovaRequest } from './nova.js';

/** A server that the requests lock, or whose actions they list. */
export interface WritableServer {
  readonly uuid: string;
  readonly projectId: string | null;
}

const LIST_QUERIES = words(`
  limit=1 limit=2&offset=1 offset=3 limit=0 limit=1000 limit=1001 offset=1000000 limit=-1 limit=x limit= limit=1.5
  limit=%2B2 limit=02 limit=1%0A limit=%EF%BC%95 offset=-1 offset= offset=99999999999999999999
  limit=99999999999999999999 limit=1&limit=2 limit=1&limit=x all_projects=1 all_projects all_projects=False&limit=3
  all_projects=1&all_projects= foo=1 foo=1&limit=1 Limit=1 page_size=x page_size=1&limit=x all_tenants=1 b=1&a=1`);

const LOG_QUERIES = words(`
  limit=1 limit=2 limit=0 changes-since=2020-01-01T00:00:00Z changes-since=2999-01-01T00:00:00Z foo=1
  changes-before=2020-01-01T00:00:00Z changes-before=2999-01-01T00:00:00Z limit=1&marker=req-none`);

const ODD_IDS = words(`1 x detail new %20 gr%C3%B6%C3%9Fe ${'x'.repeat(300)} action %00 %27%20or%20%271`);

/**
 * A generator of random requests that create, list, show and delete server groups, lock and unlock servers, and read the
 * log. A path may contain `{id:N}`, the id of the group that step N created, and `{req:N}`, the request id of step N.
 */
export class RandomWrites {
  /** Groups that earlier steps created. Some of them have been deleted since. */
  private readonly groups: { readonly name: string; readonly projectId: string | null }[] = [];
  private readonly requests: { readonly name: string; readonly server: string }[] = [];
  private minor = 1;

  constructor(
    private readonly random: Random,
    private readonly servers: readonly WritableServer[],
  ) {}

  /** Returns the next request. It depends on the responses that `learn` got. */
  next(): NovaRequest {
    const { random } = this;
    this.minor = randomMinor(random);
    return random.weighted<() => NovaRequest>([
      [28, () => this.create()],
      [12, () => this.list()],
      [10, () => this.one('GET')],
      [9, () => this.one('DELETE')],
      [26, () => this.action()],
      [12, () => this.log()],
      [2, () => this.other()],
    ])();
  }

  /** Remembers the group or the entry of the log that a step created. */
  learn(step: number, { method, path, persona }: NovaRequest, status: number): void {
    if (method !== 'POST') return;
    if (status === 200) this.groups.push({ name: `id:${step}`, projectId: projectOf(persona) });
    const [, server] = /servers\/([^/]*)\/action/.exec(path) ?? [];
    if (status === 202 && server !== undefined) this.requests.push({ name: `{req:${step}}`, server });
  }

  /** The names of the ids of all groups that the steps created. */
  get groupIds(): readonly string[] {
    return this.groups.map(({ name }) => `{${name}}`);
  }

  private create(): NovaRequest {
    const persona = this.persona(undefined);
    const body = randomGroup(this.random, this.minor);
    return this.request(persona, 'POST', 'os-server-groups', body);
  }

  private list(): NovaRequest {
    const { random } = this;
    const query = random.chance(0.7) ? `?${random.pick(LIST_QUERIES)}` : '';
    return this.request(this.persona(undefined), 'GET', `os-server-groups${query}`, this.ignored());
  }

  private one(method: 'GET' | 'DELETE'): NovaRequest {
    const { random } = this;
    // Old groups are probably deleted, so most requests are for the newest ones.
    const recent = this.groups.slice(-8);
    const group =
      recent.length > 0 && random.chance(0.9)
        ? random.pick(random.chance(0.8) ? recent : this.groups)
        : undefined;
    const id = group === undefined ? random.uuid() : `{${group.name}}`;
    const named = random.weighted([
      [90, id],
      [3, group === undefined ? id.toUpperCase() : `{${group.name.toUpperCase()}}`],
      [4, random.pick(ODD_IDS)],
      [1, `${id}%20`],
    ]);
    const suffix = random.weighted([
      [94, ''],
      [1, '/'],
      [1, '/x'],
      [1, '.json'],
      [3, '?foo=1'],
    ]);
    return this.request(
      this.persona(group?.projectId),
      method,
      `os-server-groups/${named}${suffix}`,
      this.ignored(),
    );
  }

  private action(): NovaRequest {
    const { random } = this;
    const server = random.pick(this.servers);
    const id = random.weighted([
      [92, server.uuid],
      [2, server.uuid.toUpperCase()],
      [1, server.uuid.replaceAll('-', '')],
      [3, random.uuid()],
      [2, random.pick(ODD_IDS)],
    ]);
    const path = `servers/${id}/action${random.chance(0.03) ? random.pick(['/', '?foo=1', '/x', '.json']) : ''}`;
    return this.request(this.persona(server.projectId), 'POST', path, randomAction(random));
  }

  private log(): NovaRequest {
    const { random } = this;
    const step = this.requests.length > 0 ? random.pick(this.requests.slice(-12)) : undefined;
    const uuid = step !== undefined && random.chance(0.85) ? step.server : random.pick(this.servers).uuid;
    const owner = this.servers.find((server) => server.uuid === uuid)?.projectId;
    const path = `servers/${uuid}/os-instance-actions`;
    const query = random.chance(0.3) ? `?${random.pick(LOG_QUERIES)}` : '';
    const own = step === undefined || random.chance(0.45) ? query : `/${step.name}`;
    return this.request(this.persona(owner), 'GET', path + own, undefined);
  }

  private other(): NovaRequest {
    const { random } = this;
    const method = random.pick(['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'GET', 'POST', 'DELETE']);
    const [group = { name: 'id:0' }] = this.groups.slice(-1);
    const path = random.pick([
      ...[
        'os-server-groups',
        `os-server-groups/{${group.name}}`,
        `servers/${random.pick(this.servers).uuid}/action`,
      ],
      ...[
        'os-server-groups/',
        'os-server-groups.json',
        'os-server-groups/x/y',
        'os-server-group',
        'OS-SERVER-GROUPS',
      ],
    ]);
    const body = random.chance(0.5) ? disturbed(random, randomJson(random)) : undefined;
    return this.request(this.persona(undefined), method, path, body);
  }

  private request(
    persona: string | null,
    method: string,
    path: string,
    body: OutgoingRequest['body'],
  ): NovaRequest {
    const headers = writeHeaders(this.random, this.minor, body !== undefined);
    return { persona, method, path: this.root(persona) + path, headers, body };
  }

  /** Returns the start of a path, before the path of the resource. */
  private root(persona: string | null): string {
    const { random } = this;
    const own = projectOf(persona) ?? 'none';
    return random.weighted([
      [84, '/v2.1/'],
      [5, `/v2.1/${own}/`],
      [4, '/v2/'],
      [2, `/v2/${own}/`],
      [2, `/v2.1/${random.pick(Object.values(personas)).project_id ?? 'none'}/`],
      [1, `/v2.1/${random.hex(32)}/`],
    ]);
  }

  /** Returns a user. Most of the users belong to the project; without a project, most of them may create groups. */
  private persona(projectId: string | null | undefined): string | null {
    const { random } = this;
    const names = Object.keys(personas);
    const own = names.filter((name) => personas[name]?.project_id === projectId);
    return random.weighted<string | null>([
      [60, own.length > 0 ? random.pick(own) : random.pick(['alice', 'alice', 'mona', 'bob', 'admin'])],
      [16, 'admin'],
      [20, random.pick(names)],
      [1, null],
      [1, 'garbage'],
      [1, 'empty'],
    ]);
  }

  /** Returns a body for a request whose body Nova ignores. */
  private ignored(): OutgoingRequest['body'] {
    return this.random.chance(0.04) ? disturbed(this.random, randomJson(this.random)) : undefined;
  }
}

function projectOf(persona: string | null): string | null {
  return personas[persona ?? '']?.project_id ?? null;
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
