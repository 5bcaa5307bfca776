/**
 * Returns the name that a class has in the source code. The bundler may have added `_` before the name or a number
 * after it.
 */
export function classNameOf(name: string): string {
  return name.replace(/^_|(?<!\d)\d+$/g, '');
}
