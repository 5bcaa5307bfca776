import { type MysqlAddress, readMysqlUrl } from '../../config/addresses/mysql-address.js';

/**
 * Parses a cell's `database_connection`, which may be a template with placeholders such as `{hostname}`. As in Nova, a
 * template that cannot be filled in is used unchanged, because a brace may be part of a password.
 *
 * @param base the address whose parts replace the placeholders: NOVA_DATABASE_URL
 * @throws Error with a message that gives the reason, but not the address, which may contain a password
 */
export function cellAddress(connection: string, base: string | undefined): MysqlAddress {
  let filled: string;
  try {
    filled = fillConnection(connection, base);
  } catch (error) {
    try {
      return readMysqlUrl(connection);
    } catch {
      throw error;
    }
  }
  return readMysqlUrl(filled);
}

/**
 * Fills in the template of a cell's `database_connection` as Nova does. It replaces `{username}`, `{password}`,
 * `{hostname}`, `{port}`, `{scheme}`, `{path}`, `{query}` and `{fragment}` with these parts of the base address. If the
 * base address has several hosts, a placeholder with a number represents a part of one host: `{hostname2}` is the name
 * of the second host. A part that the base address does not have is empty. `{{` and `}}` become single braces.
 *
 * @throws Error if a template needs a base address and there is none, or if a placeholder is unknown
 */
export function fillConnection(connection: string, base: string | undefined): string {
  if (!/[{}]/.test(connection)) return connection;
  if (base === undefined) throw new Error('it is a template, so NOVA_DATABASE_URL must be set');
  const parts = partsOf(base);
  return connection.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (brace, name: string | undefined) => {
    if (brace.length === 2 && name === undefined) return brace.charAt(0);
    const part = name === undefined ? undefined : parts.get(name);
    if (part === undefined)
      throw new Error('it has a brace that is not part of a placeholder such as {username} or {hostname}');
    return part;
  });
}

function partsOf(base: string): ReadonlyMap<string, string> {
  const [, scheme = '', location = '', path = '', query = '', fragment = ''] =
    /^([^:]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?(?:#(.*))?$/.exec(base) ?? [];
  const parts = new Map([
    ['scheme', scheme],
    ['path', path],
    ['query', query],
    ['fragment', fragment],
  ]);
  const hosts = location.split(',');
  hosts.forEach((host, index) => {
    for (const [name, part] of hostParts(host)) {
      // If the base address has several hosts, a placeholder without a number, such as `{hostname}`, represents a part
      // of the last host, as in Nova.
      parts.set(name, part);
      if (hosts.length > 1) parts.set(`${name}${index + 1}`, part);
    }
  });
  return parts;
}

function hostParts(host: string): readonly (readonly [name: string, part: string])[] {
  const at = host.lastIndexOf('@');
  const [, username = '', password = ''] = /^([^:]*)(?::(.*))?$/s.exec(host.slice(0, Math.max(at, 0))) ?? [];
  const [, hostname = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(host.slice(at + 1)) ?? [];
  return [
    ['username', username],
    ['password', password],
    ['hostname', hostname],
    ['port', port],
  ];
}
