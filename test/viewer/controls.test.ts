/** What a reader changes on the page by mouse, wheel and keys, in a real browser over the real server. */

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { agentRequest, dayOfRequests } from './rows.ts';
import { until, useViewer, type Viewer } from './support.ts';

/**
 * How many elements do something when they are clicked, and those of them that the Tab key never reaches, where no row with
 * keys is around them.
 */
const CLICKED = `[...document.querySelectorAll('body *')].filter((element) => {
  const name = Object.keys(element).find((key) => key.startsWith('__reactProps$'));
  return name !== undefined && typeof element[name].onClick === 'function';
})`;
const ONLY_BY_MOUSE = `${CLICKED}.filter((element) => {
  if (element.matches('a[href], button, input, select, textarea, summary, label, [tabindex]')) return false;
  if (element.matches('[aria-hidden="true"]') && element.closest('[role="row"]')) return false;
  return !element.matches('[role="row"]') || !element.closest('[tabindex="0"]');
}).map((element) => element.outerHTML.slice(0, 200))`;

const PAGES = [
  ['/requests', 'main [role="row"][aria-selected]'],
  ['/requests?trace=1', '[role="tabpanel"] article'],
  ['/traces/1?step=6', '[role="tabpanel"] article'],
  ['/traces/1?step=6&view=raw', '[role="tabpanel"] [role="treegrid"]'],
  ['/traces/1?steps=names', '[aria-label="Steps by name"] button'],
  ['/sessions', 'main [role="row"][aria-selected]'],
  ['/users/ada', 'main article'],
  ['/overview', 'main canvas'],
  ['/health', 'main dl'],
  ['/compare?a=1&b=2', 'main ins'],
] as const;

/** What code in the page sees of an element. */
interface Focusable {
  matches(selector: string): boolean;
}

async function isFocused(locator: Locator): Promise<boolean> {
  return await locator.evaluate((element: Focusable) => element.matches(':focus'));
}

async function middleOf(locator: Locator): Promise<readonly [x: number, y: number]> {
  const box = await locator.boundingBox();
  assert.ok(box);
  return [box.x + box.width / 2, box.y + box.height / 2];
}

describe('the controls of the page', function () {
  this.timeout(240_000);
  const started = useViewer();
  let viewer: Viewer;

  before(async () => {
    viewer = started();
    const time = Date.now() - 60_000;
    await viewer.send(agentRequest({ time, user: 'ada', session: 'one' }), ...dayOfRequests(20));
  });

  async function openTrace(search = ''): Promise<Page> {
    const { page } = await viewer.open(`/traces/1${search}`);
    await page.getByRole('treegrid', { name: 'Steps' }).getByText('search_rooms').waitFor();
    return page;
  }

  for (const name of ['Size of the steps', 'Width of the names']) {
    it(`move the border between two parts by mouse and by keys, and keep it: ${name}`, async () => {
      const page = await openTrace();
      const border = page.getByRole('separator', { name });
      const share = async () => Number(await border.getAttribute('aria-valuenow'));
      const before = await share();
      const [x, y] = await middleOf(border);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 70, y, { steps: 4 });
      await page.mouse.up();
      await until(async () => (await share()) > before, 'a larger part');
      const [moved] = await middleOf(border);
      assert.ok(Math.abs(moved - x - 70) < 8, `${moved} is not ${x + 70}`);
      const dragged = await share();
      await border.focus();
      await page.keyboard.press('ArrowRight');
      await until(async () => Math.abs((await share()) - dragged - 2) <= 1, 'a step by a key');
      const last = await share();
      await page.reload();
      await border.waitFor();
      assert.equal(await share(), last);
    });
  }

  it('zoom around the pointer by the wheel, and move the zoomed time by keys', async () => {
    const page = await openTrace();
    const axis = () =>
      page.getByRole('treegrid', { name: 'Steps' }).getByRole('columnheader').nth(1).textContent();
    const whole = await axis();
    const [x, y] = await middleOf(page.getByRole('img', { name: /^All steps over/ }));
    await page.mouse.move(x, y);
    for (let turns = 0; turns < 4; turns++) await page.mouse.wheel(0, -300);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await until(async () => (await axis()) !== whole, 'a zoomed axis');
    const zoomed = await axis();
    // The middle stays where it is, so that the axis does not begin at 0 any more.
    assert.ok(!(zoomed ?? '').startsWith('0'));
    await page.keyboard.press('Shift+ArrowRight');
    await until(async () => (await axis()) !== zoomed, 'a later part');
    await page.keyboard.press('Shift+ArrowLeft');
    await until(async () => (await axis()) === zoomed, 'the part before');
    for (let turns = 0; turns < 6; turns++) await page.mouse.wheel(0, 300);
    await until(async () => (await axis()) === whole, 'the whole axis');
  });

  it('show times as absolute or relative, as the address says', async () => {
    const { page } = await viewer.open('/requests?columns=time&columns=name&user=ada');
    const first = page
      .getByRole('grid', { name: 'Requests' })
      .locator('[role="row"][aria-selected] time')
      .first();
    await first.waitFor();
    assert.match((await first.textContent()) ?? '', /ago|min|s$/);
    await page.getByRole('button', { name: 'Times and theme' }).click();
    await page.getByRole('menuitemradio', { name: 'Absolute' }).click();
    await page.waitForURL(/clock=absolute/);
    await until(
      async () => /\d\d:\d\d:\d\d\.\d{3}/.test((await first.textContent()) ?? ''),
      'a clock',
    );
  });

  it('have the theme of the system until a reader chooses one, which stays', async () => {
    const { page } = await viewer.open('/requests', { theme: 'light' });
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const menu = page.getByRole('button', { name: 'Times and theme' });
    await menu.waitFor();
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    await until(async () => (await ground()) !== light, 'the dark one of the system');
    const dark = await ground();
    for (const [name, wanted] of [
      ['Light', light],
      ['Dark', dark],
    ] as const) {
      await page.emulateMedia({ colorScheme: name === 'Light' ? 'dark' : 'light' });
      await menu.click();
      await page.getByRole('menuitemradio', { name }).click();
      await until(async () => (await ground()) === wanted, name);
      await page.reload();
      await menu.waitFor();
      assert.equal(await ground(), wanted);
    }
  });

  it('load no contents of a trace before it is opened', async () => {
    const { page } = await viewer.open('/requests');
    const asked: string[] = [];
    // The facts and first steps of what may be opened next have no contents.
    const contents = (opened?: string) =>
      asked.filter((path) => path.split('/').length > 4 && path.split('/')[3] !== opened);
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (/^\/api\/traces\/\d/.test(pathname)) asked.push(pathname);
    });
    const rows = page
      .getByRole('grid', { name: 'Requests' })
      .locator('[role="row"][aria-selected]');
    await rows.nth(5).waitFor();
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    for (const place of [1, 3, 5]) await rows.nth(place).hover();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual(contents(), []);
    await page.keyboard.press('Enter');
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    assert.ok(asked.length > 0);
    await until(async () => asked.some((path) => path.endsWith('/neighbours')), 'neighbours');
    const opened = new URL(page.url()).pathname.split('/').at(-1);
    assert.deepEqual(contents(opened), []);
  });

  it('are all reached by keys', async () => {
    const { page } = await viewer.open('/requests');
    const found: string[] = [];
    for (const [path, ready] of PAGES) {
      await page.goto(`${viewer.origin}${path}`);
      await page.locator(ready).first().waitFor();
      assert.ok((await page.evaluate<number>(`${CLICKED}.length`)) > 3, path);
      const here = await page.evaluate<string[]>(ONLY_BY_MOUSE);
      found.push(...here.map((html) => `${path} ${html}`));
    }
    assert.deepEqual(found, []);
  });

  it('lead by keys alone from a list to a filter, a step, its output and feedback', async () => {
    const { page } = await viewer.open('/requests');
    await page.locator('main [role="row"][aria-selected]').first().waitFor();
    const tabTo = async (target: Locator) => {
      for (let presses = 0; presses < 80; presses++) {
        if (await isFocused(target)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`the Tab key does not reach ${target}`);
    };
    await tabTo(page.getByRole('button', { name: 'Filter', exact: true }));
    await page.keyboard.press('Enter');
    const name = page.getByLabel('What to filter by');
    await name.waitFor();
    await tabTo(name);
    await page.keyboard.type('User');
    const user = page.getByRole('textbox').last();
    await tabTo(user);
    await page.keyboard.type('ada');
    await page.keyboard.press('Enter');
    await page.waitForURL(/user=ada/);
    await page.locator('main [role="row"][aria-selected]').first().waitFor();
    await tabTo(page.getByRole('grid', { name: 'Requests' }));
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('treegrid', { name: 'Steps' }).waitFor();
    await tabTo(page.getByRole('treegrid', { name: 'Steps' }));
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/step=1/);
    await page.keyboard.press('3');
    await page.waitForURL(/view=output/);
    await tabTo(page.getByRole('button', { name: 'Feedback' }));
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('button', { name: 'Good' }));
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('button', { name: 'Save' }));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Feedback' }).filter({ hasText: 'good' }).waitFor();
  });

  for (const isRefused of [false, true]) {
    it(`copy without a clipboard${isRefused ? ', or say that they cannot' : ''}`, async () => {
      const page = await openTrace();
      await page.addInitScript(`
        Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });
        if (${isRefused}) Document.prototype.execCommand = () => false;
      `);
      await page.reload();
      const button = page.getByTitle(/^Copy the inference ID/).first();
      await button.click();
      if (isRefused) await page.getByText('Could not be copied').waitFor();
      else {
        await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
        await page.getByRole('searchbox', { name: 'Search' }).focus();
        await page.keyboard.press('Control+V');
        const pasted = await page.getByRole('searchbox', { name: 'Search' }).inputValue();
        assert.ok(pasted !== '' && (await button.getAttribute('title'))?.endsWith(pasted));
      }
    });
  }
});
