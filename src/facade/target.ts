/**
 * Returns the target of the request to Nova. Its path and query are, byte for byte, those of the client's request.
 *
 * @param target the target in the request line of the client's request: a path with a query, a complete URL, or an
 *   asterisk
 * @param prefix the path in UPSTREAM_NOVA_URL, without a slash at its end
 */
export function upstreamTarget(target: string, prefix: string): string {
  if (target.startsWith('*')) return target;
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return `${prefix}${path.startsWith('/') ? '' : '/'}${path}`;
}
