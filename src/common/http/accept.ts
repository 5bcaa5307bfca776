/** The media ranges of an Accept header, such as `text/*`, and their quality values (`q`). */
type Ranges = ReadonlyMap<string, number>;

function rangesIn(accept: string): Ranges {
  const ranges = new Map<string, number>();
  for (const entry of accept.split(',')) {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    // If the header contains a media range twice, the first quality value is used.
    if (!ranges.has(range)) ranges.set(range, quality === undefined ? 1 : Number(quality));
  }
  return ranges;
}

function qualityOf(type: string, ranges: Ranges): number {
  return ranges.get(type) ?? ranges.get(`${type.split('/')[0] ?? ''}/*`) ?? ranges.get('*/*') ?? 0;
}

/**
 * Returns the offered type to which an Accept header gives the highest quality value. If several have that value,
 * returns the first of them.
 *
 * @returns undefined if the header accepts none of the offered types
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

/**
 * Returns true if a client prefers an HTML page to JSON, as browsers do. The Accept header must contain `text/html`; a
 * wildcard is not enough.
 */
export function prefersPage(accept: string): boolean {
  const ranges = rangesIn(accept);
  const html = ranges.get('text/html') ?? 0;
  const json = qualityOf('application/json', ranges);
  return html > json || (html > 0 && html === json && !ranges.has('application/json'));
}
