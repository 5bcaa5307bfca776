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

/**
 * In a rule's path, `{name}` and `*` stand for one segment or a part of it, `**` for anything. Rules are written
 * by callers, so this is no regular expression, which could be made to take for ever: it looks at each
 * character of the path once for each piece of the rule.
 */
function matches(path: string, pattern: string): boolean {
  const pieces = pattern.match(/\{[^}]*\}|\*\*|[^]/g) ?? [];
  // reached[i]: the pieces before i match the path as far as it has been read.
  let reached = skipEmpty(pieces, [true]);
  for (const character of path) {
    const next: boolean[] = [];
    pieces.forEach((piece, i) => {
      if (!reached[i]) return;
      if (piece === '**') next[i] = true;
      else if (isWild(piece)) {
        if (character !== '/') next[i] = next[i + 1] = true;
      } else if (piece === character) next[i + 1] = true;
    });
    reached = skipEmpty(pieces, next);
  }
  return reached[pieces.length] ?? false;
}

/** `**` may stand for nothing. A wild piece that has begun is not left here: that is decided as it reads on. */
function skipEmpty(pieces: readonly string[], reached: boolean[]): boolean[] {
  pieces.forEach((piece, i) => {
    if (reached[i] && piece === '**') reached[i + 1] = true;
  });
  return reached;
}

function isWild(piece: string): boolean {
  return piece === '*' || piece.startsWith('{');
}
