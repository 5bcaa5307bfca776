import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { Json } from '../conformance/cases.js';
import { type RunningBrowser, startBrowser } from '../support/http/browser.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The example server. The service inserts it when it starts with a new SQLite database. */
const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const REQUEST = 'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

const EXTERNAL = {
  action: 'create',
  instance_uuid: SERVER,
  request_id: REQUEST,
  user_id: '35746',
  project_id: '453265',
  start_time: '2013-07-12T21:35:37.000000',
  message: null,
};

/** The only item of the list of actions, at the newest microversion. */
const NEWEST = { ...EXTERNAL, updated_at: '2013-07-12T21:45:44.000000' };

const INTERNAL = {
  ...EXTERNAL,
  events: [
    {
      event: 'compute_run_instance',
      start_time: '2013-07-12T21:35:42.000000',
      finish_time: '2013-07-12T21:45:44.000000',
      result: 'Success',
      traceback: null,
    },
    {
      event: 'schedule',
      start_time: '2013-07-12T21:35:38.000000',
      finish_time: '2013-07-12T21:35:42.000000',
      result: 'Success',
      traceback: null,
    },
  ],
};

const LIST = '/v2.1/servers/{server_id}/os-instance-actions';

/** The time for the startup of the browser, in milliseconds. It may include the installation of Chromium. */
const START_TIMEOUT = 300_000;

describe('the documentation page, in a browser', () => {
  let store: TestStore;
  let service: RunningService;
  let browser: RunningBrowser;
  let page: Page;
  /**
   * The problems of all pages: errors, lines in the console of the browser, failed requests, and requests to other
   * servers.
   */
  let problems: string[];

  const keep = closeAfterAll();

  beforeAll(async () => {
    browser = keep(await startBrowser());
    store = keep(await createSqlite());
    service = keep(await startService({ DATABASE_URL: store.url, TOKENS_FILE: '' }));
  }, START_TIMEOUT);

  it.each([
    ['a tenant', 'demo-tenant', EXTERNAL],
    ['an operator', 'demo-admin', INTERNAL],
  ])(
    'the documentation page lets %s try out a route with its example values, and with another microversion',
    async (_who, token, shown) => {
      page = await openPage('/docs');
      await authorize(token);
      const list = await execute(await openRoute(LIST));
      expect(list).toEqual({ status: '200', body: { instanceActions: [NEWEST] } });
      const show = await openRoute(`${LIST}/{request_id}`);
      await show.locator('tr[data-param-name="OpenStack-API-Version"] input').fill('compute 2.1');
      expect(await execute(show)).toEqual({ status: '200', body: { instanceAction: shown } });
      await end();
    },
  );

  it('the documentation page lets a tenant try out routes that write and actions, with their example bodies', async () => {
    page = await openPage('/docs');
    await authorize('demo-tenant');
    const created = await execute(await openRoute('/v2.1/os-server-groups', 'post'));
    expect(created).toMatchObject({ status: '200', body: { server_group: { members: [] } } });
    const action = await openRoute('/v2.1/servers/{server_id}/action', 'post');
    expect(await statusOf(action)).toBe('202');
    await action.locator('.examples-select select').selectOption('unlock');
    expect(await statusOf(action)).toBe('202');
    const { body } = await execute(await openRoute(LIST));
    expect(body).toMatchObject({ instanceActions: [{ action: 'unlock' }, { action: 'lock' }, NEWEST] });
    expect(await statusOf(await openRoute('/v2.1/os-server-groups/{server_group_id}', 'delete'))).toBe('204');
    await end();
  });

  it('the documentation page opens the operation in a link and shows each error on one line, without a logo', async () => {
    page = await openPage('/docs/#/Server%20actions/showServerAction');
    const responses = page.locator('.responses-table .response');
    await responses.first().waitFor();
    expect(await responses.count()).toBe(12);
    expect(await responses.locator('.model-example').filter({ visible: true }).count()).toBe(1);
    expect(await page.locator('img, .topbar, .topbar-wrapper').count()).toBe(0);
    await end();
  });

  it.each(['light', 'dark'] as const)(
    'the documentation page fits a width of 390 pixels and uses the %s mode of the browser',
    async (colorScheme) => {
      page = await openPage('/');
      await page.setViewportSize({ width: 390, height: 844 });
      await page.emulateMedia({ colorScheme });
      await expectAppearance('h1', colorScheme);
      await page.getByRole('link', { name: 'API documentation' }).click();
      await page.locator('.opblock-summary-control').first().click();
      await page.locator('.responses-table').waitFor();
      await expectAppearance('.info .title', colorScheme);
      await end();
    },
  );

  /** Opens a page of the service in the browser. @param path the path of the page */
  async function openPage(path: string): Promise<Page> {
    problems = [];
    const opened = await browser.context.newPage();
    // The documentation page stores the last token in the browser. Each test must start without one.
    await opened.addInitScript({ content: 'localStorage.clear()' });
    opened.on('pageerror', (error) => problems.push(error.message));
    opened.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    opened.on('requestfailed', (request) => problems.push(`no response from ${request.url()}`));
    opened.on('response', (response) => {
      if (response.status() >= 300) problems.push(`${response.status()} from ${response.url()}`);
    });
    opened.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${service.url}/`) && !url.startsWith('data:')) problems.push(`request to ${url}`);
    });
    await opened.goto(service.url + path);
    return opened;
  }

  async function end(): Promise<void> {
    await page.close();
    expect(problems).toEqual([]);
  }

  /** Checks that text is dark in light mode and light in dark mode, and that the page is not wider than 390 pixels. */
  async function expectAppearance(text: string, colorScheme: 'light' | 'dark'): Promise<void> {
    const [colour, width] = await page.evaluate<[string, number]>(
      `[getComputedStyle(document.querySelector('${text}')).color, document.documentElement.scrollWidth]`,
    );
    const brightness = Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number));
    expect(brightness > 128 ? 'dark' : 'light').toBe(colorScheme);
    expect(width).toBeLessThanOrEqual(390);
  }

  async function authorize(token: string): Promise<void> {
    await page.locator('button.authorize').first().click();
    const dialog = page.locator('.modal-ux');
    await dialog.locator('input[type="text"]').fill(token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
  }

  async function openRoute(path: string, method = 'get'): Promise<Locator> {
    const route = page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) });
    await route.locator('.opblock-summary-control').click();
    await route.getByRole('button', { name: 'Try it out' }).click();
    return route;
  }

  async function execute(route: Locator): Promise<{ status: string; body: Json }> {
    const status = await statusOf(route);
    const body = await route.locator('.live-responses-table .response pre').first().innerText();
    return { status, body: JSON.parse(body) as Json };
  }

  /** Sends the request of a form. @returns the status of the response */
  async function statusOf(route: Locator): Promise<string> {
    const clear = route.getByRole('button', { name: 'Clear' });
    if (await clear.isVisible()) await clear.click();
    await route.getByRole('button', { name: 'Execute' }).click();
    const response = route.locator('.live-responses-table .response').first();
    return (await response.locator('.response-col_status').innerText()).trim();
  }
});
