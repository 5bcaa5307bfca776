/**
 * Returns the target of the request to Nova. Its path and query are byte for byte those of the client.
 *
 * @param target the client's target from the request line: a path with its query, a complete URL, or an asterisk
 * @param prefix the path in UPSTREAM_NOVA_URL, without a slash at its end
 */
export function upstreamTarget(target: string, prefix: string): string {
  if (target.startsWith('*')) return target;
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return `${prefix}${path.startsWith('/') ? '' : '/'}${path}`;
}
