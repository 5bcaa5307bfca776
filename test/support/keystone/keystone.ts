import { type Persona, personas } from '../../conformance/cases.js';
import type { KeystoneOptions } from './config.js';
import { SERVICE } from './data.js';
import { KeystoneProcess } from './process.js';
import type { UwsgiControls } from '../process/uwsgi-process.js';

/**
 * The scope of a token: a project, a domain, the system, or `none`. `projectName` is a name in the domain `Default`.
 */
export type Scope =
  | { readonly projectId: string }
  | { readonly projectName: string }
  | { readonly domainId: string }
  | 'system'
  | 'none';

/** The user and password for a new token. `username` is a name in the domain `Default`. */
interface Login {
  readonly userId?: string;
  readonly username?: string;
  /** By default the password that all users of this Keystone have. */
  readonly password?: string;
  readonly scope: Scope;
}

/** The optional parts of a request to Keystone. */
interface RequestParts {
  readonly token?: string;
  /** The token to validate or to revoke, which is sent as `X-Subject-Token`. */
  readonly subject?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, which is sent as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; null if the response has no body. */
  readonly body: unknown;
}

/** A real Keystone that only one test uses. It contains the users of the recorded requests. */
export interface Keystone extends UwsgiControls {
  /** The URL of the API version 3: `http://127.0.0.1:port/v3`. */
  readonly url: string;
  readonly rootUrl: string;
  /** The credentials with which the service signs in, to validate tokens. */
  readonly service: {
    readonly username: string;
    readonly password: string;
    readonly projectName: string;
    readonly userDomain: string;
    readonly projectDomain: string;
  };
  /** Requests a token for a user of the recorded requests. */
  token(persona: string): Promise<string>;
  /** Requests a token for the service's own user. */
  serviceToken(): Promise<string>;
  /** Requests a token for a user with a password. @throws Error with Keystone's response if Keystone issues no token */
  passwordToken(login: Login): Promise<string>;
  revoke(token: string): Promise<void>;
  /** Sends a request to Keystone. @param path the whole path, such as `/v3/auth/tokens` */
  request(method: string, path: string, parts?: RequestParts): Promise<Answer>;
}

/** Starts Debian's Keystone in a new process. @throws as `debianPrograms` */
export async function startKeystone(options: KeystoneOptions = {}): Promise<Keystone> {
  return new RunningKeystone(await KeystoneProcess.create(options));
}

class RunningKeystone implements Keystone {
  readonly service: Keystone['service'];

  constructor(private readonly process: KeystoneProcess) {
    this.service = {
      username: SERVICE.username,
      password: process.password,
      projectName: SERVICE.projectName,
      userDomain: 'Default',
      projectDomain: 'Default',
    };
  }

  get rootUrl(): string {
    return this.process.rootUrl;
  }

  get url(): string {
    return `${this.rootUrl}/v3`;
  }

  async token(name: string): Promise<string> {
    const persona = personas[name];
    if (!persona) throw new Error(`there is no persona ${name}`);
    return this.passwordToken({ userId: persona.user_id, scope: scopeOf(persona) });
  }

  async serviceToken(): Promise<string> {
    const { username, projectName } = this.service;
    return this.passwordToken({ username, scope: { projectName } });
  }

  async passwordToken({ password = this.process.password, scope, ...who }: Login): Promise<string> {
    const user =
      who.userId === undefined ? { name: who.username, domain: { id: 'default' } } : { id: who.userId };
    const identity = { methods: ['password'], password: { user: { ...user, password } } };
    return tokenOf(
      await this.request('POST', '/v3/auth/tokens', { body: { auth: { identity, scope: inJson(scope) } } }),
    );
  }

  async revoke(token: string): Promise<void> {
    // The same token authenticates the request and is revoked by it.
    const { status } = await this.request('DELETE', '/v3/auth/tokens', { token, subject: token });
    if (status !== 204) throw new Error(`Keystone did not revoke the token: ${status}`);
  }

  async request(method: string, path: string, parts: RequestParts = {}): Promise<Answer> {
    const { token, subject, body } = parts;
    const response = await fetch(`${this.rootUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        // Keystone closes each connection after its response, but does not announce this with `Connection: close`.
        connection: 'close',
        ...(token !== undefined && { 'x-auth-token': token }),
        ...(subject !== undefined && { 'x-subject-token': subject }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...parts.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : isJson ? (JSON.parse(text) as unknown) : text,
    };
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  start(): Promise<void> {
    return this.process.start();
  }

  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }

  log(): string {
    return this.process.log();
  }
}

/** Returns the token in Keystone's response to a request for a token. @throws Error if the response contains none */
export function tokenOf({ status, headers, body }: Answer): string {
  const token = headers.get('x-subject-token');
  if (token === null) throw new Error(`Keystone issued no token: ${status} ${JSON.stringify(body)}`);
  return token;
}

function scopeOf({ project_id: projectId }: Persona): Scope {
  return projectId === null ? 'system' : { projectId };
}

function inJson(scope: Scope): unknown {
  if (scope === 'none') return 'unscoped';
  if (scope === 'system') return { system: { all: true } };
  if ('domainId' in scope) return { domain: { id: scope.domainId } };
  if ('projectId' in scope) return { project: { id: scope.projectId } };
  return { project: { name: scope.projectName, domain: { id: 'default' } } };
}
