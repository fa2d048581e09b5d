/** What every page says when what it shows is old. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ragRequest } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

/** Each page with a text that it shows, and what makes it ask the server where it does not by itself. */
const PAGES: readonly (readonly [
  path: string,
  shown: string,
  ask?: (page: Page) => Promise<void>,
])[] = [
  ['/requests', 'How old?'],
  ['/requests?trace=1', 'retrieve_context'],
  ['/traces/1', 'retrieve_context'],
  ['/sessions', 'How old?'],
  ['/users', 'How old?'],
  ['/sessions/s-old', 'How old?'],
  ['/users/u-old', 'How old?'],
  ['/overview', 'By route'],
  ['/health', 'Written by'],
  [
    '/compare?a=1&b=2',
    'retrieve_context',
    async (page) => {
      const row = page
        .getByRole('treegrid', { name: 'Steps of both traces' })
        .getByText('retrieve_context');
      await row.click();
    },
  ],
];

const notice = (page: Page) => page.getByText(/^There is no connection to the local server/);
const failed = (page: Page) => page.getByText(/^What is shown is old, because it could not be/);
const shownOn = (page: Page, text: string) => page.locator('main').getByText(text).first();

describe('a page whose data is old', function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), 'old-'));
  const started = useViewer(() => join(folder, 'traces.db'));
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    const time = Date.now() - 60_000;
    for (const answer of ['So old.', 'Older.']) {
      const more = { time, user: 'u-old', session: 's-old' };
      await viewer.send(ragRequest('How old?', answer, more));
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const openAll = async () => {
    const opened = await Promise.all(
      PAGES.map(async ([path, text, ask]) => {
        const { page } = await viewer.open(path);
        return { path, text, ask, page };
      }),
    );
    for (const { page, text } of opened) await shownOn(page, text).waitFor();
    return opened;
  };

  it('says so on each page while the server does not respond, and asks for another token on each', async () => {
    const opened = await openAll();
    await viewer.restart(async () => {
      for (const { page, path, text, ask } of opened) {
        await page.bringToFront();
        await ask?.(page);
        await until(() => notice(page).isVisible(), `the notice on ${path}`);
        assert.ok(await shownOn(page, text).isVisible(), `what ${path} has shown stays`);
      }
    });
    for (const { page, path, ask } of opened) {
      await page.bringToFront();
      await ask?.(page).catch(() => undefined);
      const form = page.getByRole('heading', { name: /needs the token/ });
      await until(() => form.isVisible(), `the form on ${path}`);
      assert.equal(await notice(page).isVisible(), false, path);
    }
  });

  it('says nothing any more once the server responds again', async () => {
    for (const path of ['/requests', '/traces/1', '/sessions', '/health']) {
      const { page } = await viewer.open(path);
      await page
        .locator('main')
        .getByText(/How old|retrieve_context|Written by/)
        .first()
        .waitFor();
      const isCall = (url: URL) => url.pathname.startsWith('/api/');
      await page.route(isCall, (route) => route.abort());
      await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      await notice(page).waitFor();
      await page.unroute(isCall);
      await notice(page).waitFor({ state: 'detached' });
    }
  });

  it('says so where the server refuses to load it again, until it does', async () => {
    for (const [path, call] of [
      ['/sessions', '/api/sessions'],
      ['/overview', '/api/overview'],
      ['/health', '/api/health'],
    ] as const) {
      const { page } = await viewer.open(path);
      await page
        .locator('main')
        .getByText(/How old|By route|Written by/)
        .first()
        .waitFor();
      const isCall = (url: URL) => url.pathname === call;
      await page.route(isCall, (route) =>
        route.fulfill({ status: 400, json: { error: 'The disk is full.' } }),
      );
      await failed(page).waitFor();
      await page
        .locator('main')
        .getByText(/How old|By route|Written by/)
        .first()
        .waitFor();
      await page.unroute(isCall);
      await page.getByRole('button', { name: 'Try again' }).click();
      await failed(page).waitFor({ state: 'detached' });
    }
  });

  it('has no count of requests where the list could not be loaded', async () => {
    const { page } = await viewer.open('/health');
    await page.route(
      (url) => url.pathname === '/api/traces',
      (route) => route.fulfill({ status: 400, json: { error: 'The disk is full.' } }),
    );
    await page.getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('heading', { name: 'The disk is full.' }).waitFor();
    assert.equal(await page.getByText('0 requests').count(), 0);
  });

  it('shows the numbers of the filter before as such, and leads nowhere from them', async () => {
    const { page } = await viewer.open('/overview');
    const charts = page.locator('main canvas').first();
    await charts.waitFor();
    let release: (() => void) | undefined;
    const isHeld = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(
      (url) => url.pathname === '/api/overview',
      async (route) => {
        await isHeld;
        await route.continue();
      },
    );
    const old = page.locator('main [aria-busy="true"]');
    assert.equal(await old.count(), 0);
    await page.getByRole('button', { name: 'By model' }).click();
    await until(async () => (await old.count()) >= 2, 'old numbers');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'By model');
    const box = await charts.boundingBox();
    assert.ok(box);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    assert.equal(new URL(page.url()).pathname, '/overview');
    release?.();
    await until(async () => (await old.count()) === 0, 'new numbers');
  });
});
