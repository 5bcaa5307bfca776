import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { Json } from '../conformance/cases.js';
import { type RunningBrowser, startBrowser } from '../support/browser.js';
import { type RunningService, startService } from '../support/service.js';
import { createSqlite, type TestStore } from '../support/stores.js';

/** What the embedded store holds after its first start. */
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

/** Chromium may have to be installed first. */
const INSTALLATION = 300_000;

describe('the documentation page, in a browser', () => {
  let store: TestStore;
  let service: RunningService;
  let browser: RunningBrowser;
  let page: Page;
  /** What went wrong in the page, and what it asked of others than the service. */
  let complaints: string[];

  beforeAll(async () => {
    store = await createSqlite();
    service = await startService({ DATABASE_URL: store.url, TOKENS_FILE: 'config/demo-tokens.json' });
    browser = await startBrowser();
  }, INSTALLATION);

  afterAll(async () => {
    await browser.stop();
    await service.stop();
    await store.remove();
  });

  it.each([
    ['a tenant', 'demo-tenant', 'compute 2.1', EXTERNAL],
    ['an operator', 'demo-admin', 'compute 2.1', INTERNAL],
  ])('lets %s try out the show route', async (_who, token, version, expected) => {
    complaints = [];
    page = await openPage();
    await authorize(token);
    const route = await openRoute('/v2.1/servers/{server_id}/os-instance-actions/{request_id}');
    await fill(route, { server_id: SERVER, request_id: REQUEST, 'OpenStack-API-Version': version });
    const { status, body } = await execute(route);
    expect(complaints).toEqual([]);
    expect(status).toBe('200');
    expect(body).toEqual({ instanceAction: expected });
    await page.close();
  });

  async function openPage(): Promise<Page> {
    const opened = await browser.context.newPage();
    // The page keeps the token that it was given last.
    await opened.addInitScript({ content: 'localStorage.clear()' });
    opened.on('pageerror', (error) => complaints.push(error.message));
    opened.on('requestfailed', (request) => complaints.push(`no answer from ${request.url()}`));
    opened.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${service.url}/`) && !url.startsWith('data:')) complaints.push(`asks ${url}`);
    });
    await opened.goto(`${service.url}/docs`);
    return opened;
  }

  async function authorize(token: string): Promise<void> {
    await page.locator('button.authorize').first().click();
    const dialog = page.locator('.modal-ux');
    await dialog.locator('input[type="text"]').fill(token);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
  }

  async function openRoute(path: string): Promise<Locator> {
    const route = page.locator('.opblock').filter({ has: page.locator(`[data-path="${path}"]`) });
    await route.locator('.opblock-summary-control').click();
    await route.getByRole('button', { name: 'Try it out' }).click();
    return route;
  }

  async function fill(route: Locator, values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      await route.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
  }

  async function execute(route: Locator): Promise<{ status: string; body: Json }> {
    await route.getByRole('button', { name: 'Execute' }).click();
    const answer = route.locator('.live-responses-table .response').first();
    const status = await answer.locator('.response-col_status').innerText();
    const body = await answer.locator('pre').first().innerText();
    return { status: status.trim(), body: JSON.parse(body) as Json };
  }
});
