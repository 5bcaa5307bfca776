import { beforeAll, beforeEach } from '@jest/globals';
import { personas } from '../../conformance/cases.js';
import { closeAfterAll } from '../close-after-all.js';
import { createSqlite, fillStore } from '../databases/stores.js';
import { personaTokens, type RunningService, startService } from './service.js';
import { changes, ThingsModule } from './things-module.js';

/** The UUID of alice's server. */
export const SERVER = '11111111-1111-4111-8111-111111111111';
/** The UUID of bob's server. */
export const OF_BOB = '22222222-2222-4222-8222-222222222222';

export const ACTION = `servers/${SERVER}/action`;
export const PEN = { thing: { name: 'pen' } };

interface Options {
  readonly persona?: string;
  readonly version?: string;
  readonly type?: string;
  /** A project id to put into the path. */
  readonly project?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** The service with `ThingsModule`, for the tests of a spec. */
export interface ThingsService {
  readonly url: string;
  /**
   * Sends a request as alice at microversion 2.10, unless the options say otherwise.
   *
   * @param body a text to send unchanged, or a value to send as JSON
   */
  send(method: string, path: string, body?: unknown, options?: Options): Promise<Answer>;
}

/** Starts the service with `ThingsModule` before the tests of a spec, with a server of alice and one of bob. */
export function thingsService(): ThingsService {
  let service: RunningService;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await createSqlite());
    const owned = (uuid: string, persona: string): { uuid: string } => {
      const { project_id = null, user_id = null } = personas[persona] ?? {};
      return { uuid, ...{ project_id, user_id, deleted: 0 } };
    };
    await fillStore(store.url, { instances: [owned(SERVER, 'alice'), owned(OF_BOB, 'bob')] });
    service = keep(await startService({ DATABASE_URL: store.url }, [ThingsModule]));
  });

  beforeEach(() => {
    changes.length = 0;
  });

  return {
    get url() {
      return service.url;
    },
    async send(
      method,
      path,
      body,
      { persona = 'alice', version = '2.10', type = 'application/json', project } = {},
    ) {
      const prefix = project === undefined ? '' : `${project}/`;
      const answer = await fetch(`${service.url}/v2.1/${prefix}${path}`, {
        method,
        headers: {
          Accept: 'text/plain',
          'X-Auth-Token': personaTokens[persona] ?? '',
          'OpenStack-API-Version': `compute ${version}`,
          'Content-Type': type,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const { status, headers } = answer;
      return { status, headers, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
    },
  };
}

export function badRequest(message: string): object {
  return { status: 400, body: { badRequest: { code: 400, message } } };
}

export function notFound(message: string): object {
  return { status: 404, body: { itemNotFound: { code: 404, message } } };
}

/** Returns the response of a policy of `ThingsModule` that denies a request. */
export function forbidden(policy: string): object {
  const message = `Policy doesn't allow os_compute_api:things:${policy} to be performed.`;
  return { status: 403, body: { forbidden: { code: 403, message } } };
}

export const MALFORMED = badRequest('Malformed request body');
export const RESOURCE_NOT_FOUND = notFound('The resource could not be found.');
