/**
 * `npm run screenshots`: pictures of every page, in both themes, on a desk and on a phone, for a reviewer. With `-- --docs` it
 * makes those of the README instead.
 */

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { oddRows } from './corpus.ts';
import { agentRequest, dayOfRequests, failedRequest, ragRequest } from './rows.ts';
import { Viewer } from './support.ts';

const FOLDER = fileURLToPath(new URL('.screenshots/', import.meta.url));
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

await using viewer = await Viewer.start();
mkdirSync(FOLDER, { recursive: true });

/** @param show opens something on the page */
async function take(
  name: string,
  path: string,
  ready: string,
  show?: (page: Page) => Promise<void>,
): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    for (const { width, height } of SIZES) {
      const { page } = await viewer.open(path, { width, height, theme });
      await page.locator(ready).first().waitFor();
      // Charts and strips come with their own calls.
      await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
      await show?.(page);
      await page.screenshot({ path: `${FOLDER}${name}-${theme}-${width}.png` });
      await viewer.closePages();
    }
  }
  console.log(name);
}

async function takeForDocs(name: string, path: string, ready: string): Promise<void> {
  const { page } = await viewer.open(path, { width: 1340, height: 640 });
  await page.locator(ready).first().waitFor();
  await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
  await page.screenshot({ path: `${IMAGES}${name}.png` });
}

async function openMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Copy, download, compare, delete' }).click();
  await page.getByRole('menu').waitFor();
}

const STEP_PANE = '[role="tabpanel"] article';
const STEPS = '[role="treegrid"][aria-label="Steps"] [role="row"][aria-selected]';
const isForDocs = process.argv.includes('--docs');
if (!isForDocs) await take('empty', '/requests', 'main h2');
const skew = isForDocs ? 0 : await viewer.send(oddRows().skew ?? {});
await viewer.send(...dayOfRequests(240));
const rag = await viewer.send(
  ragRequest('How often can I renew a loan?', 'Twice, online or at the desk.', {
    // Later ones would be marked as late.
    time: Date.now() - 40_000,
  }),
);
const agent = await viewer.send(
  agentRequest({ time: Date.now() - 30_000, user: 'grace', session: 'visit-60' }),
);
const failed = isForDocs ? 0 : await viewer.send(failedRequest());
if (isForDocs) {
  await takeForDocs('requests', '/requests', 'main [role="row"][aria-selected]');
  await takeForDocs('trace', `/traces/${agent}?step=6`, '[role="tabpanel"] article');
  process.exit(0);
}
await take('requests', '/requests', 'main [role="row"][aria-selected]');
await take('filter', '/requests?failed=true', 'main [role="row"][aria-selected]', async (page) => {
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
});
await take('keys', '/requests', 'main [role="row"][aria-selected]', async (page) => {
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
});
await take('beside', `/requests?trace=${agent}&step=6`, STEPS);
await take('trace', `/traces/${agent}?step=6`, '[role="tabpanel"] article');
await take('documents', `/traces/${rag}?step=2`, '[role="tabpanel"] section');
await take('by-name', `/traces/${agent}?steps=names`, STEP_PANE);
await take('feedback', `/traces/${agent}`, STEP_PANE, async (page) => {
  await page.getByRole('button', { name: 'Feedback' }).click();
  await page.getByRole('dialog').waitFor();
});
await take('menu', `/traces/${agent}`, STEP_PANE, openMenu);
await take('delete', `/traces/${agent}`, STEP_PANE, async (page) => {
  await openMenu(page);
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('alertdialog').waitFor();
});
await take('raw', `/traces/${agent}?view=raw`, '[role="tabpanel"] [role="treegrid"]');
await take('skew', `/traces/${skew}`, STEPS);
await take('failed', `/traces/${failed}?step=2`, '[role="tabpanel"] [aria-label="Error"]');
await take('no-match', '/requests?user=nobody', 'main h1');
await take('sessions', '/sessions', 'main [role="row"][aria-selected]');
await take('users', '/users', 'main [role="row"][aria-selected]');
await take('thread', '/sessions/visit-59', 'main article');
await take('overview', '/overview', 'main canvas');
await take('health', '/health', 'main dl');
await take('choose', `/compare?a=${agent}`, 'main h1');
await take('compare', `/compare?a=${agent}&b=${rag}`, 'main ins');
console.log(FOLDER);
