import type { Settings } from '../../config/settings.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { acceptsDemoTokens } from '../../identity/token-file.js';

/** How a person gets a token for this service, as plain text. */
export function tokenHint(settings: Settings, { authUrl }: Pick<Authenticator, 'authUrl'>): string {
  if (acceptsDemoTokens(settings)) {
    return (
      'This service accepts demo tokens: demo-tenant (a user), demo-admin (an operator), ' +
      'demo-auditor (has no fitting role) and demo-stranger (a user of another project).'
    );
  }
  if (authUrl === undefined) return 'The operator of this service issues the tokens.';
  return `Keystone at ${authUrl} issues the tokens, for example with the command: openstack token issue`;
}
