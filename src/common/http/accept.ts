/** The media ranges of an Accept header, such as `text/*`, and their quality values (`q`). */
type Ranges = ReadonlyMap<string, number>;

function rangesIn(accept: string): Ranges {
  const ranges = new Map<string, number>();
  for (const entry of accept.split(',')) {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    // If a range occurs twice, the first one counts.
    if (!ranges.has(range)) ranges.set(range, quality === undefined ? 1 : Number(quality));
  }
  return ranges;
}

function qualityOf(type: string, ranges: Ranges): number {
  return ranges.get(type) ?? ranges.get(`${type.split('/')[0] ?? ''}/*`) ?? ranges.get('*/*') ?? 0;
}

/**
 * Returns the offered type that an Accept header prefers, or the first of several that it prefers equally.
 *
 * @returns undefined if the header accepts no offer
 */
export function preferredType<Type extends string>(
  accept: string,
  offers: readonly Type[],
): Type | undefined {
  const ranges = rangesIn(accept);
  const acceptable = offers
    .map((offer) => ({ offer, quality: qualityOf(offer, ranges) }))
    .filter(({ quality }) => quality > 0);
  return acceptable.sort((a, b) => b.quality - a.quality)[0]?.offer;
}

/** Returns true if a client prefers an HTML page to JSON, as browsers do. A wildcard does not count as `text/html`. */
export function prefersPage(accept: string): boolean {
  const ranges = rangesIn(accept);
  const html = ranges.get('text/html') ?? 0;
  const json = qualityOf('application/json', ranges);
  return html > json || (html > 0 && html === json && !ranges.has('application/json'));
}
