import { preferredType } from '../../common/http/accept.js';

/** A refusal of the web stack around Nova, which Nova itself never sees. */
interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly explanation: string;
  readonly detail: string;
}

/** No route matches. */
export const ROUTE_NOT_FOUND: Refusal = {
  status: 404,
  title: 'Not Found',
  explanation: 'The resource could not be found.',
  detail: '',
};

/** The body is too long. */
export const REQUEST_TOO_LARGE: Refusal = {
  status: 413,
  title: 'Request Entity Too Large',
  explanation: 'Request is too large.',
  detail: '',
};

/** Nobody can say who asks. */
export const IDENTITY_UNAVAILABLE: Refusal = {
  status: 503,
  title: 'Service Unavailable',
  explanation: 'The server is currently unavailable. Please try again at a later time.',
  detail: 'The Keystone service is temporarily unavailable.',
};

/**
 * A refusal in the form of the web library that OpenStack's services stand on: plain text, unless the caller
 * prefers HTML or JSON.
 */
export function plainBody(
  refusal: Refusal,
  method: string,
  accept: string,
): { status: number; type: string; body: string } {
  const { status, title, explanation, detail } = refusal;
  const statusLine = `${status} ${title}`;
  const prose = `${explanation}<br /><br />\n${detail}\n\n`;
  if (method === 'HEAD') return { status, type: 'text/html; charset=UTF-8', body: '' };
  switch (preferredType(accept, ['text/html', 'application/json'])) {
    case 'text/html':
      return {
        status,
        type: 'text/html; charset=UTF-8',
        body: `<html>\n <head>\n  <title>${statusLine}</title>\n </head>\n <body>\n  <h1>${statusLine}</h1>\n  ${prose}\n </body>\n</html>`,
      };
    case 'application/json':
      return {
        status,
        type: 'application/json',
        body: JSON.stringify({ message: prose, code: statusLine, title }),
      };
    default:
      return {
        status,
        type: 'text/plain; charset=UTF-8',
        body: `${statusLine}\n\n${explanation}\n\n ${detail}  `,
      };
  }
}
