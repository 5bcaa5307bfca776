import type { Settings } from '../../config/settings.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { acceptsDemoTokens } from '../../identity/token-file.js';

/** Returns a plain text that explains how to get a token for this service. */
export function tokenHint(settings: Settings, { authUrl }: Pick<Authenticator, 'authUrl'>): string {
  if (acceptsDemoTokens(settings)) {
    return (
      'This service accepts demo tokens: demo-tenant (a user of the project), demo-admin (an administrator), ' +
      'demo-auditor (a user who may only read the log of all servers), demo-service (a service that records actions) and ' +
      'demo-stranger (a user of another project).'
    );
  }
  if (authUrl === undefined) return 'Ask the operator of this service for a token.';
  return `Keystone at ${authUrl} issues the tokens. For example, use the command: openstack token issue`;
}
