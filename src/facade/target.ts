/**
 * The target to ask Nova for, byte by byte that of the client.
 *
 * @param target as in the request line: a path with its query, a whole address, or an asterisk
 * @param prefix the path under which Nova lies, without a slash at its end
 */
export function upstreamTarget(target: string, prefix: string): string {
  if (target.startsWith('*')) return target;
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return `${prefix}${path.startsWith('/') ? '' : '/'}${path}`;
}
