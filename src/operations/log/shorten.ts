/**
 * A line of JSON, with its end, that is no longer than the limit: of one that is, the longest texts end early.
 *
 * @param limit in bytes
 */
export function shorten(line: string, limit: number): string {
  // Each character is at most three bytes.
  if (line.length * 3 <= limit || Buffer.byteLength(line) <= limit) return line;
  const fields = flat(JSON.parse(line) as object);
  let shorter = line;
  while (Buffer.byteLength(shorter) > limit) {
    const [name, longest] = [...fields].reduce((one, other) => (size(other[1]) > size(one[1]) ? other : one));
    if (size(longest) <= 1) fields.delete([...fields.keys()].at(-1) ?? name);
    else fields.set(name, `${String(longest).slice(0, Math.floor(size(longest) * 0.8) - 1)}…`);
    shorter = `${JSON.stringify(Object.fromEntries(fields))}\n`;
  }
  return shorter;
}

/** Texts are what can be shortened. */
function size(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

/** Objects within the line, such as an error, are named by their way: `error.stack`. */
function flat(fields: object, prefix = ''): Map<string, unknown> {
  return new Map(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? [...flat(value, `${prefix}${name}.`)]
        : [[`${prefix}${name}`, value] as const],
    ),
  );
}
