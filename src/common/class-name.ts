/** The name of a class as it was written: the bundle that is served from may put a mark before it, or a number behind. */
export function classNameOf(name: string): string {
  return name.replace(/^_|(?<!\d)\d+$/g, '');
}
