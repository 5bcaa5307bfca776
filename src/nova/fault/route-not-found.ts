const STATUS = '404 Not Found';
const EXPLANATION = 'The resource could not be found.';

/**
 * The answer where no route matches. It comes from the web library under Nova and not from Nova: plain text,
 * unless the caller prefers HTML or JSON, and then in that library's own form.
 */
export function routeNotFoundBody(
  method: string,
  accept: string,
): { status: number; type: string; body: string } {
  const prose = `${EXPLANATION}<br /><br />\n\n\n`;
  if (method === 'HEAD') return { status: 404, type: 'text/html; charset=UTF-8', body: '' };
  switch (preferred(accept)) {
    case 'text/html':
      return {
        status: 404,
        type: 'text/html; charset=UTF-8',
        body: `<html>\n <head>\n  <title>${STATUS}</title>\n </head>\n <body>\n  <h1>${STATUS}</h1>\n  ${prose}\n </body>\n</html>`,
      };
    case 'application/json':
      return {
        status: 404,
        type: 'application/json',
        body: JSON.stringify({ message: prose, code: STATUS, title: 'Not Found' }),
      };
    default:
      return { status: 404, type: 'text/plain; charset=UTF-8', body: `${STATUS}\n\n${EXPLANATION}\n\n   ` };
  }
}

const OFFERS = ['text/html', 'application/json'] as const;

/** Which of the two offers an Accept header prefers; of equals the first, none where none is acceptable. */
function preferred(accept: string): (typeof OFFERS)[number] | undefined {
  const ranges = accept.split(',').map((entry) => {
    const [range = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { range, quality: quality === undefined ? 1 : Number(quality) };
  });
  const qualityOf = (offer: string): number => {
    const patterns = [offer, `${offer.split('/')[0] ?? ''}/*`, '*/*'];
    const matched = patterns.map((pattern) => ranges.find(({ range }) => range === pattern));
    return matched.find((entry) => entry !== undefined)?.quality ?? 0;
  };
  const acceptable = OFFERS.map((offer) => ({ offer, quality: qualityOf(offer) })).filter(
    ({ quality }) => quality > 0,
  );
  return acceptable.sort((a, b) => b.quality - a.quality)[0]?.offer;
}
