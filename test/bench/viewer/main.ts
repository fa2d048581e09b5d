/**
 * `npm run bench -- viewer`: what a reader of the page waits for, in Chromium: opening a trace of 80,000 steps, frames while
 * scrolling and folding, and rows that arrive. Prints the clock and, since other work on the machine hardly changes it, the
 * processor time of the page's main thread and of the server.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { deepRow, wideRow } from '../../viewer/corpus.ts';
import { dayOfRequests, ragRequest, send } from '../../viewer/rows.ts';
import { chromiumPath } from '../../viewer/support.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '80000' },
  },
});
const rounds = Number(values.rounds);
let arrived = 0;
const steps = Number(values.steps);

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.error('There is no Chromium; apt-get install chromium');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'openlayer-bench-'));
const server = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    fileURLToPath(new URL('../local/server.ts', import.meta.url)),
    join(folder, 'traces.db'),
  ],
  { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
);
process.once('exit', () => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
const { url, viewerUrl } = await messageOf<{ url: string; viewerUrl: string }>(server);
const { origin, hash } = new URL(viewerUrl);

const rows = [...dayOfRequests(500), wideRow(10_000), wideRow(steps), deepRow(20_000)];
for (const row of rows) await send({ url }, [row]);
const newest = rows.length;
while ((await api<{ newest: number }>('traces?limit=1')).newest < newest) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const [medium, large, deep] = [newest - 2, newest - 1, newest];

const args = process.geteuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
console.log(
  `Chromium ${browser.version()}, ${rounds} rounds; load average ${loadavg()[0]?.toFixed(1)}`,
);
console.log(
  `${'milliseconds'.padEnd(44)}${'median'.padStart(8)}${'worst'.padStart(8)}${'CPU'.padStart(8)}${'server'.padStart(8)}`,
);

await measure('first page of the list, nothing cached', async () => {
  const { page, cpu, close } = await newPage();
  const begin = performance.now();
  await page.goto(`${origin}/requests${hash}`);
  await shown(page, 'Requests');
  const ms = performance.now() - begin;
  return { ms, cpu: await cpu(), close };
});
for (const [number, count] of [
  [medium, 10_000],
  [large, steps],
  [deep, 20_001],
] as const) {
  await measure(`${count} steps: the first are shown`, () => openTrace(number, 10));
  await measure(`${count} steps: all are there`, () => openTrace(number, count));
}

for (const [number, count] of [
  [medium, 10_000],
  [large, steps],
] as const) {
  const { page, cpu, close } = await newPage();
  await page.goto(`${origin}/traces/${number}${hash}`);
  await complete(page, count);
  const name = `${count} steps`;
  await measure(`${name}: slowest frame of a scroll`, async () => {
    await cpu();
    const ms = await slowestFrame(page, 'Steps');
    return { ms, cpu: (await cpu()) / 120 };
  });
  const fold = () => press(page, cpu, 'Fold all');
  const unfold = () => press(page, cpu, 'Unfold all');
  await measure(`${name}: fold all`, async () => {
    const sample = await fold();
    await unfold();
    return sample;
  });
  await measure(`${name}: unfold all`, async () => {
    await fold();
    return await unfold();
  });
  await measure(`${name}: fold one`, () => key(page, cpu, 'ArrowLeft', 'ArrowRight'));
  await measure(`${name}: select the next`, () => key(page, cpu, 'ArrowDown', 'ArrowDown'));
  await close();
}

{
  const { page, cpu, close } = await newPage();
  await page.goto(`${origin}/requests${hash}`);
  await shown(page, 'Requests');
  await measure('list: slowest frame of a scroll', async () => {
    await cpu();
    const ms = await slowestFrame(page, 'Requests');
    return { ms, cpu: (await cpu()) / 120 };
  });
  await page.evaluate(`document.querySelector('[aria-label="Requests"]').scrollTop = 0`);
  await page.evaluate('new Promise(requestAnimationFrame)');
  await measure(
    'a row that arrives: from the call to the list',
    () => arrival(page, cpu),
    undefined,
    20,
  );
  await close();
}
console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
await browser.close();
process.exit(0);

interface Sample {
  readonly ms: number;
  readonly cpu: number;
  readonly close?: () => Promise<void>;
}

async function measure(
  name: string,
  sample: () => Promise<Sample>,
  before?: () => Promise<void>,
  times = rounds,
): Promise<void> {
  const samples: (Sample & { readonly server: number })[] = [];
  for (let round = 0; round < times; round++) {
    await before?.();
    const serverBefore = await serverCpu();
    const result = await sample();
    samples.push({ ...result, server: (await serverCpu()) - serverBefore });
    await result.close?.();
  }
  const clock = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const cpu = samples.map((each) => each.cpu).sort((a, b) => a - b);
  const ofServer = samples.map((each) => each.server).sort((a, b) => a - b);
  const column = (value = Number.NaN) => value.toFixed(0).padStart(8);
  const middle = Math.floor((samples.length - 1) / 2);
  console.log(
    `${name.padEnd(44)}${column(clock[middle])}${column(clock.at(-1))}${column(cpu[middle])}${column(ofServer[middle])}`,
  );
}

async function serverCpu(): Promise<number> {
  const answer = messageOf<number>(server);
  server.send('cpu');
  return await answer;
}

async function newPage(): Promise<{
  page: Page;
  /** Milliseconds that the page's main thread worked since the last call. */
  cpu: () => Promise<number>;
  close: () => Promise<void>;
}> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  let before = 0;
  const cpu = async () => {
    const total = await taskMs(session);
    const spent = total - before;
    before = total;
    return spent;
  };
  return { page, cpu, close: () => context.close() };
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0);
}

/** From the click in the app until so many steps are known to the grid. The server has not read the trace for a while. */
async function openTrace(number: number, count: number): Promise<Sample> {
  await forgotten();
  const { page, cpu, close } = await newPage();
  await page.goto(`${origin}/health${hash}`);
  await page.locator('main dl').first().waitFor();
  await cpu();
  const begin = performance.now();
  await page.goto(`${origin}/traces/${number}`);
  await complete(page, count);
  const ms = performance.now() - begin;
  return { ms, cpu: await cpu(), close };
}

/** The server keeps the last two traces parsed; these take their places. */
async function forgotten(): Promise<void> {
  for (const number of [1, 2]) await api(`traces/${number}`);
}

async function shown(page: Page, label: string): Promise<void> {
  await page.locator(`[aria-label="${label}"] [role="row"][aria-selected]`).first().waitFor();
}

async function complete(page: Page, count: number): Promise<void> {
  await shown(page, 'Steps');
  await page.evaluate(`new Promise((resolve) => {
    const look = () => {
      const grid = document.querySelector('[aria-label="Steps"]');
      if (Number(grid?.getAttribute('aria-rowcount')) >= ${count}) requestAnimationFrame(resolve);
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

async function slowestFrame(page: Page, label: string): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => {
    const grid = document.querySelector('[aria-label="${label}"]');
    grid.scrollTop = 0;
    let longest = 0, frames = 0, last = 0;
    const step = (now) => {
      if (frames > 2) longest = Math.max(longest, now - last);
      last = now;
      grid.scrollTop += 400;
      if (++frames < 122) requestAnimationFrame(step);
      else resolve(longest);
    };
    requestAnimationFrame(step);
  })`);
}

/** From the click until the second frame after it, when what it changed is on the screen. */
async function press(page: Page, cpu: () => Promise<number>, name: string): Promise<Sample> {
  await cpu();
  const ms = await page.evaluate<number>(`new Promise((resolve) => {
    const buttons = [...document.querySelectorAll('button')];
    const button = buttons.find(({ textContent }) => textContent.startsWith('${name}'));
    const begin = performance.now();
    button.click();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
  })`);
  return { ms, cpu: await cpu() };
}

/** From a key in the steps until the second frame after it. */
async function key(
  page: Page,
  cpu: () => Promise<number>,
  name: string,
  after: string,
): Promise<Sample> {
  const press = (each: string) =>
    page.evaluate<number>(`new Promise((resolve) => {
      const grid = document.querySelector('[aria-label="Steps"]');
      grid.focus();
      const begin = performance.now();
      grid.dispatchEvent(new KeyboardEvent('keydown', { key: '${each}', bubbles: true }));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begin)));
    })`);
  await cpu();
  const ms = await press(name);
  const spent = await cpu();
  await press(after);
  return { ms, cpu: spent };
}

async function arrival(page: Page, cpu: () => Promise<number>): Promise<Sample> {
  await new Promise((resolve) => setTimeout(resolve, 300 + 37 * (arrived % 10)));
  await cpu();
  const id = `arrival-${++arrived}-${Date.now()}`;
  const name = `/arrival-${arrived}`;
  const seen = page.evaluate<number>(`new Promise((resolve) => {
    const list = document.querySelector('[aria-label="Requests"]');
    const look = () => {
      if (list.textContent.includes('${name}')) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  })`);
  const begin = Date.now();
  await send({ url }, [
    ragRequest('Is it there?', 'It is.', { id, name: `POST ${name}`, time: Date.now() }),
  ]);
  return { ms: (await seen) - begin, cpu: await cpu() };
}

async function api<T>(path: string): Promise<T> {
  const response = await fetch(`${origin}/api/${path}`, {
    headers: { authorization: `Bearer ${hash.replace('#token=', '')}` },
  });
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  return ((await once(child, 'message')) as [T])[0];
}
