import type { Presented } from '../authenticator.js';
import type { ValidToken } from './token.js';

/**
 * Whether a token may make a request. One of an application credential with access rules may make only those
 * that a rule names, by service type, method and path; where a service passes the request on, it answers for
 * that itself.
 */
export function mayMake(token: ValidToken, request: Presented, serviceType: string): boolean {
  const { accessRules, serviceTypes } = token;
  if (accessRules === undefined) return true;
  if (!serviceTypes.includes(serviceType)) return false;
  if (request.serviceToken !== undefined) return true;
  return accessRules.some(
    (rule) =>
      rule.service === serviceType && rule.method === request.method && matches(request.path, rule.path),
  );
}

/** In a rule's path, `{name}` and `*` stand for one segment or a part of it, `**` for any number of them. */
function matches(path: string, pattern: string): boolean {
  const source = pattern.replace(/\{[^}]*\}|\*\*|\*|[^{*]+|\{/g, (piece) => {
    if (piece === '**') return '.*';
    if (piece === '*' || /^\{[^}]*\}$/.test(piece)) return '[^/]+';
    return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(path);
}
