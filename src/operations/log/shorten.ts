/**
 * Returns a JSON line that is not longer than the limit. If the line is too long, the function cuts the longest texts
 * in the line, and marks each cut with `…`.
 *
 * @param line with its line feed
 * @param limit in bytes
 */
export function shorten(line: string, limit: number): string {
  // In UTF-8, a UTF-16 code unit (one unit of `line.length`) becomes at most three bytes.
  if (line.length * 3 <= limit || Buffer.byteLength(line) <= limit) return line;
  const fields = flatten(JSON.parse(line) as object);
  let shorter = line;
  while (Buffer.byteLength(shorter) > limit) {
    const [name, longest] = [...fields].reduce((one, other) => (size(other[1]) > size(one[1]) ? other : one));
    if (size(longest) <= 1) fields.delete([...fields.keys()].at(-1) ?? name);
    else fields.set(name, `${String(longest).slice(0, Math.floor(size(longest) * 0.8) - 1)}…`);
    shorter = `${JSON.stringify(Object.fromEntries(fields))}\n`;
  }
  return shorter;
}

/** Returns the length of a text. Returns 0 for other values, which cannot be shortened. */
function size(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

/**
 * Returns all fields of an object by their names. The name of a nested field contains the names of its parents:
 * `error.stack`.
 */
function flatten(fields: object, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? [...flatten(value, `${prefix}${name}.`)]
        : [[`${prefix}${name}`, value] as const],
    ),
  );
}
