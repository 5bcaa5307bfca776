/** Returns the name of a class as in the source. The bundler may have put `_` before it or a number after it. */
export function classNameOf(name: string): string {
  return name.replace(/^_|(?<!\d)\d+$/g, '');
}
