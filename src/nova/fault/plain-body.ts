import { preferredType } from '../../common/http/accept.js';

/** The text of an error response from OpenStack's middleware, which requests pass before they reach Nova. */
export interface PlainText {
  readonly status: number;
  readonly title: string;
  readonly explanation: string;
  readonly detail: string;
}

/**
 * Returns the text as WebOb, the web library of OpenStack's services, formats it: as HTML or JSON if the client's
 * Accept header prefers it, else as plain text.
 */
export function renderPlainText(
  { status, title, explanation, detail }: PlainText,
  method: string,
  accept: string,
): { type: string; body: string } {
  const statusLine = `${status} ${title}`;
  const prose = `${explanation}<br /><br />\n${detail}\n\n`;
  if (method === 'HEAD') return { type: 'text/html; charset=UTF-8', body: '' };
  switch (preferredType(accept, ['text/html', 'application/json'])) {
    case 'text/html':
      return {
        type: 'text/html; charset=UTF-8',
        body: `<html>\n <head>\n  <title>${statusLine}</title>\n </head>\n <body>\n  <h1>${statusLine}</h1>\n  ${prose}\n </body>\n</html>`,
      };
    case 'application/json':
      return {
        type: 'application/json',
        body: JSON.stringify({ message: prose, code: statusLine, title }),
      };
    default:
      return {
        type: 'text/plain; charset=UTF-8',
        body: `${statusLine}\n\n${explanation}\n\n ${detail}  `,
      };
  }
}
