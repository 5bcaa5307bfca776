import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, namesTag } from '../../common/http/entity-tag.js';

/** A page or file, with the headers of its response. */
export interface Page {
  readonly type: string;
  readonly body: Buffer;
  /** The value of the `ETag` header, in quotes. */
  readonly tag: string;
}

export function page(type: string, content: string | Buffer): Page {
  const body = Buffer.from(content);
  return { type, body, tag: entityTag(body) };
}

/**
 * The icon of all pages: three log entries, the newest with a dot. Each page contains the icon, so that it needs no
 * path of its own.
 */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f6feb"/>' +
  '<circle cx="4" cy="4.5" r="1.5" fill="#fff"/><path d="M7 4.5h6M3 8.5h10M3 12h7" stroke="#fff" stroke-width="1.5"/></svg>';

/**
 * Returns an HTML page.
 *
 * @param head the elements to add to the head
 * @param body the elements of the body. They must not contain inline scripts, which the content security policy blocks
 */
export function htmlPage(head: string, body: string): Page {
  return page(
    'text/html; charset=utf-8',
    `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>nova-action-log</title>
  <link rel="icon" type="image/svg+xml" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
${head}
</head>
<body>
${body}
</body>
</html>
`,
  );
}

/** Sends a page. Browsers cache it, but check with each request if it has changed (`ETag`). */
export function sendPage(
  { type, body, tag }: Page,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  void reply.header('Cache-Control', 'public, max-age=0').header('ETag', tag);
  if (namesTag(request.headers['if-none-match'], tag)) return reply.status(304).send();
  return reply.type(type).send(body);
}
