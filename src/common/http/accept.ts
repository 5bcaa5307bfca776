/** What an Accept header says: ranges of types, such as `text/*`, with their qualities. */
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

/** Which of the offers an Accept header prefers: of equals the first, none where none is acceptable. */
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

/** Whether a client asks for a page rather than for JSON, as browsers do. Wildcards alone do not ask for a page. */
export function prefersPage(accept: string): boolean {
  const ranges = rangesIn(accept);
  const html = ranges.get('text/html') ?? 0;
  const json = qualityOf('application/json', ranges);
  return html > json || (html > 0 && html === json && !ranges.has('application/json'));
}
