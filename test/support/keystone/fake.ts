import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceCredentials } from '../../../src/identity/keystone/credentials.js';

/** A valid token. By default a member of project p1 owns it, and it expires in one hour. */
export interface FakeToken {
  readonly userId?: string;
  /** The time until the token expires, in seconds. If it is negative, the token has expired. */
  readonly expiresIn?: number;
  readonly roles?: readonly string[];
  readonly scope?: object;
  readonly accessRules?: readonly object[] | null;
  readonly catalog?: readonly object[];
}

/** The response to a request for a version document, which lists Keystone's API versions. */
export interface FakeDocument {
  readonly status: number;
  readonly body?: object | string;
}

/** A fake Keystone that counts its requests. Tests can make it fail. It implements only what the service uses. */
export class FakeKeystone {
  /** The valid tokens of callers: the text of a token → its properties. */
  readonly tokens = new Map<string, FakeToken>();
  signIns = 0;
  validations: { token: string; allowExpired: boolean; headers: IncomingMessage['headers'] }[] = [];
  /**
   * Responds to the validation of a token in place of the fake Keystone. If it returns `as usual`, the fake itself
   * sends its usual response.
   */
  misbehave: ((response: ServerResponse, token: string) => unknown) | undefined;
  /** The lifetime of the tokens that the service's own user gets, in seconds. */
  serviceTokenLifetime = 3600;
  password = 'secret';
  /** The milliseconds for which the fake waits before each response. */
  delay = 0;
  /** The path of the API version 3. */
  v3 = '/v3';
  /** The version documents: path → response. If undefined, the fake returns Keystone's usual documents. */
  documents: Readonly<Record<string, FakeDocument>> | undefined;
  /** The catalogue in the token of the service's own user. */
  serviceCatalog: readonly object[] = [];
  /** The method and path of each request that the fake has received, such as `GET /v3`. */
  readonly requests: string[] = [];
  private issued = new Set<string>();
  private readonly server = createServer((request, response) => {
    void this.answer(request, response);
  });

  /** Starts listening. @param port 0 for any free port @returns the URL */
  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Returns the credentials with which the service signs in to this Keystone. @param path the path of OS_AUTH_URL */
  credentials(path = '', password = 'secret'): ServiceCredentials {
    const domain = { id: 'default' };
    return {
      authUrl: `${this.url}${path}`,
      interface: 'internal',
      region: undefined,
      method: {
        kind: 'password',
        user: { name: 'action-log', domain, password },
        scope: { project: { name: 'service', domain } },
      },
    };
  }

  /** Revokes the tokens of the service's own user, as Keystone does after a change of this user's password. */
  revokeServiceTokens(): void {
    this.issued = new Set();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${pathname}`);
    if (this.delay > 0) await sleep(this.delay, undefined, { ref: false });
    if (pathname !== `${this.v3}/auth/tokens`) {
      this.discover(pathname, response);
    } else if (request.method === 'POST') {
      this.signIn(text, response);
    } else {
      this.validate(request, response, searchParams.has('allow_expired'));
    }
  }

  private discover(path: string, response: ServerResponse): void {
    const usual: Record<string, FakeDocument> = {
      '/': { status: 300, body: { versions: { values: [{ id: 'v3.14', status: 'stable' }] } } },
      '/v3': { status: 200, body: { version: { id: 'v3.14', status: 'stable' } } },
    };
    const { status, body = { error: {} } } = (this.documents ?? usual)[path] ?? { status: 404 };
    if (typeof body === 'string') response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
    else send(response, status, body);
  }

  private signIn(text: string, response: ServerResponse): void {
    this.signIns += 1;
    if (!text.includes(JSON.stringify(this.password))) {
      send(response, 401, { error: {} });
      return;
    }
    const token = `service-token-${String(this.signIns)}`;
    this.issued.add(token);
    response.setHeader('X-Subject-Token', token);
    send(response, 201, tokenBody({ expiresIn: this.serviceTokenLifetime, catalog: this.serviceCatalog }));
  }

  private validate(request: IncomingMessage, response: ServerResponse, allowExpired: boolean): void {
    const token = String(request.headers['x-subject-token']);
    this.validations.push({ token, allowExpired, headers: request.headers });
    if (this.misbehave !== undefined && this.misbehave(response, token) !== 'as usual') return;
    if (!this.issued.has(String(request.headers['x-auth-token']))) {
      send(response, 401, { error: {} });
      return;
    }
    const known = this.tokens.get(token);
    const usable = known !== undefined && ((known.expiresIn ?? 3600) > 0 || allowExpired);
    send(response, usable ? 200 : 404, usable ? tokenBody(known) : { error: {} });
  }
}

function tokenBody({
  userId = 'u1',
  expiresIn = 3600,
  roles = ['member', 'reader'],
  scope,
  accessRules,
  catalog,
}: FakeToken): object {
  return {
    token: {
      methods: ['password'],
      user: { id: userId, name: 'alice', domain: { id: 'default', name: 'Default' } },
      expires_at: new Date(Date.now() + expiresIn * 1000).toISOString(),
      roles: roles.map((name) => ({ id: `id-of-${name}`, name })),
      catalog: catalog ?? [{ type: 'compute', endpoints: [] }],
      ...(scope ?? { project: { id: 'p1', name: 'one', domain: { id: 'default', name: 'Default' } } }),
      ...(accessRules !== undefined && { application_credential: { id: 'a1', access_rules: accessRules } }),
    },
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
