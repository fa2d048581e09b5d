/** The local server with its page, in Debian's Chromium or another that is installed. */

import { existsSync } from 'node:fs';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { skip } from '../faults/skip.ts';
import { type Json, send } from './rows.ts';

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export function chromiumPath(): string | undefined {
  return PLACES.find((place) => place !== undefined && place !== '' && existsSync(place));
}

/** Skips where there is no browser. */
export function needChromium(context: Mocha.Context): void {
  if (chromiumPath() === undefined) skip(context, 'there is no Chromium; apt-get install chromium');
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  readonly timezone?: string;
}

export interface OpenedPage {
  readonly page: Page;
  /** What a page must never do: errors and warnings on the console, dialogs, requests to others, broken policies. */
  readonly complaints: readonly string[];
}

/** A server and a browser. Each page has a context of its own, so that nothing is remembered. */
export class Viewer implements AsyncDisposable {
  #server: LocalServer;
  readonly #file: string | undefined;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];

  private constructor(server: LocalServer, browser: Browser, file: string | undefined) {
    this.#server = server;
    this.#browser = browser;
    this.#file = file;
  }

  /** @param file where the traces are kept; in memory by default */
  static async start(file?: string): Promise<Viewer> {
    const server = await startServer(file, 0);
    // Containers run as root, where Chromium's sandbox refuses to start.
    const args = process.geteuid?.() === 0 ? ['--no-sandbox'] : [];
    const executablePath = chromiumPath();
    if (executablePath === undefined) throw new Error('there is no Chromium');
    return new Viewer(server, await chromium.launch({ executablePath, args }), file);
  }

  get server(): LocalServer {
    return this.#server;
  }

  /** Starts the server again on its port and file, after `meanwhile` has seen it closed. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    const { port } = this.#server;
    await this.#server.close();
    await meanwhile();
    this.#server = await startServer(this.#file, port);
  }

  /** Opens a path of the page, signed in. */
  async open(path: string, options: OpenOptions = {}): Promise<OpenedPage> {
    const { width = 1440, height = 900, theme = 'light', timezone = 'Europe/Lisbon' } = options;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      timezoneId: timezone,
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    this.#contexts.push(context);
    const page = await context.newPage();
    const complaints = watch(page, this.origin);
    const { hash } = new URL(this.server.viewerUrl);
    await page.goto(`${this.origin}${path}${hash}`);
    return { page, complaints };
  }

  get origin(): string {
    return new URL(this.server.viewerUrl).origin;
  }

  /** What the page asks the server for, asked directly. */
  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.text(path)) as T;
  }

  /** As `get`, as the text of the response. */
  async text(path: string): Promise<string> {
    const token = new URL(this.server.viewerUrl).hash.replace('#token=', '');
    const response = await fetch(`${this.origin}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.text();
  }

  /** Sends rows, and waits until the page's API has them. @returns the number of the last */
  async send(...rows: readonly Json[]): Promise<number> {
    const before = this.server.rows().length;
    await send(this.server, rows);
    const wanted = before + rows.length;
    for (let tries = 0; tries < 200; tries++) {
      const { traces, newest } = await this.get<{
        traces: readonly { readonly number: number }[];
        newest: number;
      }>('/api/traces?limit=1');
      if (newest >= wanted && traces.length > 0) return newest;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the server does not list ${wanted} traces`);
  }

  async closePages(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.server.close();
  }
}

function startServer(file: string | undefined, port: number): Promise<LocalServer> {
  const maxBodyBytes = 64 * 1024 * 1024;
  return startLocalServer({
    ...{ checks: 'lenient', maxBodyBytes, port },
    ...(file !== undefined && { file }),
  });
}

function watch(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('popup', (popup) => complaints.push(`popup: ${popup.url()}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'blob:') complaints.push(`request: ${url.href}`);
  });
  return complaints;
}

/** What scrolls, as code in the page sees it. */
interface Scroller {
  scrollTop: number;
}

export async function scrollTo(locator: Locator, top: number): Promise<void> {
  await locator.evaluate((element: Scroller, wanted: number) => {
    element.scrollTop = wanted;
  }, top);
}

export async function scrollTop(locator: Locator): Promise<number> {
  return await locator.evaluate((element: Scroller) => element.scrollTop);
}

/** Lets each response of a call have a next page, and refuses all of those. @returns their addresses, and how to stop */
export async function refuseNextPages(
  page: Page,
  path: string,
): Promise<{ readonly refused: readonly string[]; allow(): Promise<void> }> {
  const refused: string[] = [];
  const isCall = (url: URL) => url.pathname === path;
  await page.route(isCall, async (route) => {
    const { searchParams } = new URL(route.request().url());
    if (searchParams.has('cursor')) {
      refused.push(route.request().url());
      await route.fulfill({ status: 400, json: { error: 'The list has no such page.' } });
      return;
    }
    const response = await route.fetch();
    const body = (await response.json()) as Json;
    await route.fulfill({ response, json: { ...body, next: body.next ?? 'more' } });
  });
  return { refused, allow: () => page.unroute(isCall) };
}

/** Resolves once it is so, and rejects after a minute. The page's policy forbids the browser's own way to wait. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`it never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One server and browser for all tests of a file. */
export function useViewer(file?: () => string): () => Viewer {
  let viewer: Viewer | undefined;
  before(async function () {
    this.timeout(120_000);
    needChromium(this);
    viewer = await Viewer.start(file?.());
  });
  afterEach(() => viewer?.closePages());
  after(async () => {
    await viewer?.[Symbol.asyncDispose]();
  });
  return () => {
    if (viewer === undefined) throw new Error('the viewer is not started');
    return viewer;
  };
}
