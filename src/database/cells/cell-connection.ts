import { type MysqlAddress, readMysqlUrl } from '../../config/addresses/mysql-address.js';

/**
 * Parses a cell's `database_connection`. As in Nova, a template that cannot be filled in is used unchanged, because a
 * brace may be part of a password.
 *
 * @param base the address that fills in templates: NOVA_DATABASE_URL
 * @throws Error whose message says what is wrong, without the address, which may contain a password
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
 * Fills in the template of a cell's `database_connection` as Nova does. `{username}`, `{password}`, `{hostname}`,
 * `{port}`, `{scheme}`, `{path}`, `{query}` and `{fragment}` are replaced with the parts of the base address, unchanged.
 * If the base has several hosts, `{username1}`, `{hostname2}` and so on are the parts of one host. A part that the base
 * does not have is empty. `{{` and `}}` become single braces.
 *
 * @throws Error for a template without a base, and for an unknown part in braces
 */
export function fillConnection(connection: string, base: string | undefined): string {
  if (!/[{}]/.test(connection)) return connection;
  if (base === undefined) throw new Error('it is a template, and NOVA_DATABASE_URL is not set');
  const parts = partsOf(base);
  return connection.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (brace, name: string | undefined) => {
    if (brace.length === 2 && name === undefined) return brace.charAt(0);
    const part = name === undefined ? undefined : parts.get(name);
    if (part === undefined)
      throw new Error('it has a brace that does not enclose a known part, such as {username}');
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
      // As in Nova, names without a number are the parts of the last host.
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
