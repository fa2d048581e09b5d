/** What the tests of the spool share: the platform, apps that publish to it, and what is on disk. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tracer, TracerOptions } from '@openlayer-tracing/core';
import { type Child as AnyChild, type AppOptions, startApp } from '../../support/child.ts';
import { PIPELINE } from '../../support/collector.ts';
import { freePort } from '../../support/free-port.ts';
import { type QuickTracer, quickTracer } from '../publishing/support.ts';
import type { Mode } from './apps/collector.mts';

/** Nothing listens there. */
export const NOWHERE = 'http://127.0.0.1:9/v1';

export { temporaryFolder } from '../temporary-folder.ts';

export interface Child extends Omit<AnyChild, 'port'> {
  /** 0 where it does not listen. */
  readonly port: number;
}

export interface ChildOptions extends AppOptions {
  readonly listens?: boolean;
}

/** Runs an app of `apps/`, or a script; resolves when it listens, or at once where it does not. */
export async function startChild(
  app: string,
  variables: Record<string, string>,
  { listens = true, ...options }: ChildOptions = {},
): Promise<Child> {
  const file = app.endsWith('.mts') ? fileURLToPath(new URL(`apps/${app}`, import.meta.url)) : app;
  const child = startApp(file, variables, { channel: 'ipc', ...options });
  return { ...child, port: listens ? await child.port : 0 };
}

export interface TakenRow {
  readonly id: string;
  readonly outcome?: string;
  readonly pipeline: string;
}

export interface Call {
  /** As the clock of the machine has it. */
  readonly at: number;
  readonly method: string;
  /** The row that is asked for, or the first of those that are sent. */
  readonly id: string;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  /** Each row that was taken, in order: one that came twice is there twice. */
  readonly rows: () => readonly TakenRow[];
  /** Every call that arrived, answered or not. */
  readonly calls: () => readonly Call[];
  readonly problems: () => string;
  mode(mode: Mode): Promise<void>;
  kill(): Promise<void>;
  /** @param others replace the variables that it was started with */
  restart(mode?: Mode, others?: Record<string, string>): Promise<void>;
  /** Resolves once all ids have arrived. */
  has(ids: readonly string[], withinMs?: number): Promise<void>;
}

export async function startCollector(
  folder: string,
  first: Mode = {},
  variables: Record<string, string> = {},
): Promise<Collector> {
  const log = join(folder, 'collector.log');
  const port = await freePort();
  const start = (mode: Mode, environment = variables) =>
    startChild('collector.mts', {
      ...environment,
      LOG: log,
      PORT: String(port),
      MODE: JSON.stringify(mode),
    });
  let child = await start(first);
  const lines = (name: string) =>
    existsSync(name) ? readFileSync(name, 'utf8').split('\n').slice(0, -1) : [];
  const rows = () => lines(log).map((line) => JSON.parse(line) as TakenRow);
  return {
    url: `http${variables.TLS === undefined ? '' : 's'}://127.0.0.1:${port}/v1`,
    rows,
    calls: () =>
      lines(`${log}.calls`).map((line) => {
        const [at, method = '', id = ''] = line.split(' ');
        return { at: Number(at), method, id };
      }),
    problems: () => lines(`${log}.problems`).join('\n'),
    async mode(mode) {
      await fetch(`http://127.0.0.1:${port}/mode`, { method: 'POST', body: JSON.stringify(mode) });
    },
    kill: () => child.kill(),
    async restart(mode = {}, others = variables) {
      child = await start(mode, others);
    },
    async has(ids, withinMs = 100_000) {
      const missing = () => {
        const got = new Set(rows().map(({ id }) => id));
        return ids.filter((id) => !got.has(id));
      };
      for (const begin = performance.now(); missing().length > 0; await sleep(100)) {
        if (performance.now() - begin > withinMs) {
          throw new Error(
            `${missing().length} of ${ids.length} rows are missing: ${missing().slice(0, 5)}`,
          );
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await child.kill();
    },
  };
}

/** The environment of an app that publishes there, and spools. */
export function publishingTo(
  url: string,
  dir: string,
  options: Record<string, unknown> = {},
): Record<string, string> {
  const { spool = {}, ...others } = options;
  const tracing = {
    spool: { ...(spool as object), dir },
    batch: { maxDelayMs: 50 },
    retry: { baseMs: 100, capMs: 1000 },
    timeoutMs: 2000,
    ...others,
  };
  return {
    TRACING: JSON.stringify(tracing),
    OPENLAYER_API_KEY: 'test-key',
    OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE,
    OPENLAYER_BASE_URL: url,
  };
}

/** What is below a folder, as paths; nothing where there is none. */
export function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Everything that is on disk, as one text. */
export function textOf(folder: string): string {
  return filesIn(folder)
    .map((file) => readFileSync(file, 'latin1'))
    .join('');
}

/** A tracer of this process with a spool, and with short delays. */
export function spooling(baseUrl: string, dir: string, options: TracerOptions = {}): QuickTracer {
  return quickTracer(baseUrl, { ...options, spool: { dir, ...options.spool } });
}

export const isSpooled = (tracer: Tracer, n: number) => () => tracer.stats().spooled >= n;

export function linesOf(path: string): readonly string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 80_000,
): Promise<void> {
  for (const start = performance.now(); !(await holds()); await sleep(20)) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
  }
}

/** Asks an app so many questions at once, each by its own inference ID. @returns those, once all are answered */
export async function askAll(port: number, prefix: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
  await Promise.all(
    ids.map(async (id) => {
      const headers = { 'x-request-id': id };
      const answer = await fetch(`http://127.0.0.1:${port}/chat`, { headers });
      assert.equal(answer.status, 200);
      await answer.text();
    }),
  );
  return ids;
}

/** Begins them in turn, so many at a time, since most of each is waiting. What fails is for whoever awaits it. */
export function sideBySide<T>(
  atATime: number,
  works: readonly (() => Promise<T>)[],
): readonly Promise<T>[] {
  const lanes: Promise<unknown>[] = Array.from({ length: atATime }, () => Promise.resolve());
  return works.map((work, i) => {
    const lane = i % atATime;
    const result = (lanes[lane] as Promise<unknown>).then(work);
    lanes[lane] = result.catch(() => {});
    return result;
  });
}

export async function json<T>(port: number, path: string): Promise<T> {
  return (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as T;
}

/** Chance that can be repeated: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
