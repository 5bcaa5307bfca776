import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { onRequestHookHandler } from 'fastify';
import { VERSION } from '../../common/project.js';
import type { Settings } from '../../config/settings.js';
import { Authenticator } from '../../identity/authenticator.js';
import { prefersPage } from '../../common/http/accept.js';
import { NEWEST_MICROVERSION, OLDEST_MICROVERSION } from '../../nova/microversion/microversion.js';
import { htmlPage, type Page, sendPage } from './page.js';
import { tokenHint } from './token-hint.js';

const STYLE = `  <style>
    :root { color-scheme: light dark; }
    body { max-width: 42rem; margin: 0 auto; padding: 1.5rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
    h1 { line-height: 1.2; }
    h1 small { font-size: 1rem; font-weight: normal; }
  </style>`;

/**
 * Returns the hook for `/` that sends a page to browsers. Other clients get Nova's list of versions.
 *
 * @param addHeaders adds the security headers of pages
 */
export function serveFrontPage(
  application: NestFastifyApplication,
  settings: Settings,
  addHeaders: onRequestHookHandler,
): onRequestHookHandler {
  let front: Page | undefined;
  return function (request, reply, done) {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || !prefersPage(request.headers.accept ?? '')) {
      done();
      return;
    }
    addHeaders.call(this, request, reply, () => {
      const others = reply.getHeader('Vary');
      void reply.header('Vary', others === undefined ? 'Accept' : `${String(others)}, Accept`);
      front ??= frontPage(settings, application.get(Authenticator));
      void sendPage(front, request, reply);
    });
  };
}

function frontPage(settings: Settings, authenticator: Authenticator): Page {
  const documentation = `  <li><a href="./docs/">API documentation</a>, where you can try out requests</li>
  <li><a href="./openapi.json">OpenAPI document</a>, for tools and generated clients</li>
`;
  return htmlPage(
    STYLE,
    `<h1>nova-action-log <small>${VERSION}</small></h1>
<p>This service is a part of the OpenStack Compute (Nova) API. It lists the actions on a server: who requested each action,
when, and why it failed. It serves <code>os-instance-actions</code> and related resources, with microversions ${OLDEST_MICROVERSION}
to ${NEWEST_MICROVERSION}.</p>
<ul>
${settings.DOCUMENTATION ? documentation : ''}  <li><a href="./v2.1/">Version document</a>, for API clients</li>
</ul>
<h2>Get a token</h2>
<p>Each API request needs a token in the header <code>X-Auth-Token</code>. ${escapeHtml(tokenHint(settings, authenticator))}</p>`,
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
