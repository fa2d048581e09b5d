/** One page of the local server in Chromium, and how long the page takes to show something. */

import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import type { Sample } from './table.ts';

export class BrowserPage {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #session: CDPSession;
  #cpuBefore = 0;

  private constructor(page: Page, context: BrowserContext, session: CDPSession) {
    this.page = page;
    this.#context = context;
    this.#session = session;
  }

  /** A page without anything in its cache. */
  static async open(browser: Browser): Promise<BrowserPage> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new BrowserPage(page, context, session);
  }

  /** Milliseconds that the page's main thread worked since the last call. */
  async cpu(): Promise<number> {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    const total = 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
    const spent = total - this.#cpuBefore;
    this.#cpuBefore = total;
    return spent;
  }

  /** Bytes that the page's scripts hold, after a garbage collection. */
  async heapBytes(): Promise<number> {
    await this.#session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN;
  }

  close(): Promise<void> {
    return this.#context.close();
  }

  /** Resolves when a grid has a row. */
  async shown(label: string): Promise<void> {
    await this.page
      .locator(`[aria-label="${label}"] [role="row"][aria-selected]`)
      .first()
      .waitFor();
  }

  /** Resolves when a grid has so many rows. */
  async hasRows(label: string, count: number): Promise<void> {
    await this.shown(label);
    await this.page.evaluate(`new Promise((resolve) => {
      const look = () => {
        const grid = document.querySelector('[aria-rowcount][aria-label="${label}"]');
        if (Number(grid?.getAttribute('aria-rowcount')) >= ${count}) requestAnimationFrame(resolve);
        else requestAnimationFrame(look);
      };
      look();
    })`);
  }

  /** The slowest of 120 frames in which a grid is scrolled through, from its top or from where it is. */
  async scroll(label: string, from: 'top' | 'here' = 'top'): Promise<Sample> {
    await this.cpu();
    const ms = await this.page.evaluate<number>(`new Promise((resolve) => {
      const grid = document.querySelector('[aria-rowcount][aria-label="${label}"]');
      ${from === 'top' ? 'grid.scrollTop = 0;' : ''}
      const by = grid.scrollTop > 1e5 ? -400 : 400;
      let longest = 0, frames = 0, last = 0;
      const step = (now) => {
        if (frames > 2) longest = Math.max(longest, now - last);
        last = now;
        grid.scrollTop += by;
        if (++frames < 122) requestAnimationFrame(step);
        else resolve(longest);
      };
      requestAnimationFrame(step);
    })`);
    return { ms, cpu: (await this.cpu()) / 120 };
  }

  /** From the click on a button until the second frame after it, when what it changed is on the screen. */
  async press(name: string): Promise<Sample> {
    await this.cpu();
    const ms = await this.page.evaluate<number>(`new Promise((resolve) => {
      const buttons = [...document.querySelectorAll('button')];
      const button = buttons.find(({ textContent }) => textContent.startsWith('${name}'));
      const begin = performance.now();
      button.click();
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
    })`);
    return { ms, cpu: await this.cpu() };
  }

  /** From a key in a grid until the second frame after it. */
  async key(label: string, key: string): Promise<Sample> {
    await this.cpu();
    const ms = await this.page.evaluate<number>(`new Promise((resolve) => {
      const grid = document.querySelector('[aria-rowcount][aria-label="${label}"]');
      grid.focus();
      const begin = performance.now();
      grid.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
    })`);
    return { ms, cpu: await this.cpu() };
  }

  /** From an input in a field until an element that a selector finds has a text, and the frame after that. */
  async type(field: string, text: string, shown: string, wanted: RegExp): Promise<Sample> {
    await this.cpu();
    const ms = await this.page.evaluate<number>(`new Promise((resolve) => {
      const input = document.querySelector('${field}');
      const begin = performance.now();
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, '${text}');
      input.dispatchEvent(new Event('input', { bubbles: true }));
      const look = () => {
        if (${wanted}.test(document.querySelector('${shown}')?.textContent ?? '')) resolve(performance.now() - begin);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    })`);
    return { ms, cpu: await this.cpu() };
  }
}
