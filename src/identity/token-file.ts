import { createHash, timingSafeEqual } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isLoopback } from '../common/is-loopback.js';
import { isRecord } from '../common/is-record.js';
import { PROJECT } from '../common/project.js';
import { readSmallText, shownPath, UnreadableFile } from '../common/read-small-file.js';
import { ownStoreUrl } from '../config/own-store-url.js';
import { SettingsError } from '../config/settings-error.js';
import type { Settings } from '../config/settings.js';
import { Authenticator, type AuthRequest } from './authenticator.js';
import { type RequestContext, requestContext } from './request-context.js';

/** An example of a tokens file, which error messages show. */
const EXAMPLE = '{"token": {"user_id": "…", "project_id": "…" or null, "roles": ["…"]}}';

/** The maximum size of a tokens file, in bytes. */
const MAX_FILE_SIZE = 16_777_216;

const DEMO_TOKENS = join(PROJECT, 'config', 'demo-tokens.json');

interface FileToken {
  readonly digest: Buffer;
  readonly context: RequestContext;
}

/**
 * Authenticates callers without Keystone. A JSON file contains an entry for each token: `{user_id, project_id, roles,
 * system_scope?, domain_id?}`. The file is only for trials and tests, because it contains the tokens in clear text.
 */
export class TokenFileAuthenticator extends Authenticator {
  readonly authUrl = undefined;

  constructor(private readonly tokens: readonly FileToken[]) {
    super();
  }

  /**
   * @throws SettingsError if the file is invalid, or if other machines can reach the service although
   *   TOKENS_FILE_BEYOND_LOOPBACK is not set
   */
  static fromSettings(settings: Settings): TokenFileAuthenticator {
    if (!isLoopback(settings.HOST) && !settings.TOKENS_FILE_BEYOND_LOOPBACK) {
      throw new SettingsError(
        `HOST ${settings.HOST} is not a loopback address. Other machines may reach it, so tokens from a file are not safe there. ` +
          'Use Keystone (OS_AUTH_URL) or listen on loopback (HOST=127.0.0.1). If only trusted clients reach the port, as ' +
          'with docker run -p 127.0.0.1:8774:8774, you can set TOKENS_FILE (for a trial config/demo-tokens.json) and ' +
          'TOKENS_FILE_BEYOND_LOOPBACK=true',
      );
    }
    if (settings.TOKENS_FILE === undefined && !isDemonstration(settings)) {
      throw new SettingsError(
        'Neither TOKENS_FILE nor OS_AUTH_URL is set: set one of them. The service accepts the demo tokens, which everybody ' +
          'knows, only on loopback with the embedded store; for example TOKENS_FILE=/etc/nova-action-log/tokens.json',
      );
    }
    return new TokenFileAuthenticator(readTokens(settings.TOKENS_FILE ?? DEMO_TOKENS));
  }

  override isCached(): boolean {
    return true;
  }

  /**
   * Compares the token with every token of the file in constant time: compares digests of equal length, and does not
   * stop at the first match. So the response time does not reveal how similar the token is to a valid one.
   */
  authenticate({ token }: AuthRequest): RequestContext | undefined {
    const digest = sha256(token?.text ?? '');
    let found: RequestContext | undefined;
    for (const known of this.tokens) {
      if (timingSafeEqual(known.digest, digest)) found = known.context;
    }
    return found;
  }
}

function readTokens(path: string): FileToken[] {
  let content: unknown;
  try {
    content = JSON.parse(readSmallText(path, MAX_FILE_SIZE));
  } catch (error) {
    const reason = error instanceof UnreadableFile ? error.message : 'is not JSON';
    throw new SettingsError(
      `TOKENS_FILE ${reason}${shownPath(path)}; for example TOKENS_FILE=/etc/nova-action-log/tokens.json with ${EXAMPLE}`,
    );
  }
  if (!isRecord(content))
    throw new SettingsError(`TOKENS_FILE must contain one JSON object such as ${EXAMPLE}: ${path}`);
  return Object.entries(content).map(([token, entry], index) => {
    const context = toContext(entry);
    // The message contains the number of the entry, and not the token, because the message is printed and logged.
    if (context === undefined || token === '') {
      throw new SettingsError(
        `TOKENS_FILE entry ${index + 1} must be a non-empty token and its user, as in ${EXAMPLE}: ${path}`,
      );
    }
    return { digest: sha256(token), context };
  });
}

function toContext(entry: unknown): RequestContext | undefined {
  if (!isRecord(entry)) return undefined;
  const { user_id, project_id = null, domain_id = null, system_scope = null, roles = [] } = entry;
  if (typeof user_id !== 'string' || user_id === '') return undefined;
  if (!isTextOrNull(project_id) || !isTextOrNull(domain_id) || !isTextOrNull(system_scope)) return undefined;
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) return undefined;
  return requestContext({
    userId: user_id,
    projectId: project_id,
    domainId: domain_id,
    systemScope: system_scope,
    roles,
  });
}

/** Returns true if a service with these settings accepts the demo tokens, which are public. */
export function acceptsDemoTokens({ OS_AUTH_URL, TOKENS_FILE = DEMO_TOKENS }: Settings): boolean {
  return OS_AUTH_URL === undefined && resolve(TOKENS_FILE) === DEMO_TOKENS;
}

/**
 * Returns true if the service uses an SQLite file and not Nova's databases, and other machines cannot reach the
 * service.
 */
function isDemonstration(settings: Settings): boolean {
  const { NOVA_API_DATABASE_URL, UPSTREAM_NOVA_URL, HOST, PUBLIC_URL, TRUSTED_PROXIES } = settings;
  const isReachable = !isLoopback(HOST) || PUBLIC_URL !== undefined || TRUSTED_PROXIES.length > 0;
  const hasNova = NOVA_API_DATABASE_URL !== undefined || UPSTREAM_NOVA_URL !== undefined;
  return !hasNova && ownStoreUrl(settings).startsWith('sqlite:') && !isReachable;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
